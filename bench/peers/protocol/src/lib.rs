//! A worker of the benchmark, as bench/workers/protocol.py tells it: commands as lines, answers as lines of JSON.
use std::io::{BufRead, Write};
use std::time::Instant;

use anyhow::{anyhow, bail, Result};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::{json, Value};

pub enum Numbers {
    Float(Vec<f32>),
    Int(Vec<i32>),
}

pub struct Array {
    pub name: String,
    pub shape: Vec<usize>,
    pub numbers: Numbers,
}

pub trait Peer {
    fn load(&mut self, path: &str, inputs: &[Array]) -> Result<()>;
    fn run(&mut self) -> Result<()>;
    fn outputs(&self) -> Result<Vec<Array>>;
}

/// Serves `peer` on standard input and output. The first argument of the process is the file of inputs.
pub fn serve(mut peer: impl Peer, version: &str) -> Result<()> {
    let file = std::env::args().nth(1).ok_or_else(|| anyhow!("usage: worker INPUT.safetensors"))?;
    let inputs = read(&file)?;
    answer(&json!({ "version": version }))?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (command, argument) = line.split_once(' ').unwrap_or((&line, ""));
        let said = match command {
            "load" => milliseconds(|| peer.load(argument, &inputs)).map(|ms| json!({ "ms": ms })),
            "run" => run(&mut peer, argument),
            "output" => peer.outputs().and_then(|arrays| write(&arrays, argument)).map(|()| json!({})),
            "memory" => memory(),
            _ => Err(anyhow!("no command {command}")),
        };
        answer(&said.unwrap_or_else(|error| json!({ "error": format!("{error:#}") })))?;
    }
    Ok(())
}

fn answer(value: &Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")?;
    Ok(out.flush()?)
}

fn milliseconds(action: impl FnOnce() -> Result<()>) -> Result<f64> {
    let began = Instant::now();
    action()?;
    Ok(began.elapsed().as_secs_f64() * 1e3)
}

fn run(peer: &mut impl Peer, count: &str) -> Result<Value> {
    let times = (0..count.parse::<usize>()?).map(|_| milliseconds(|| peer.run())).collect::<Result<Vec<_>>>()?;
    Ok(json!({ "ms": times }))
}

fn memory() -> Result<Value> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kilobytes = |key: &str| -> Option<u64> {
        status.lines().find(|line| line.starts_with(key))?.split_whitespace().nth(1)?.parse().ok()
    };
    Ok(json!({ "now_kb": kilobytes("VmRSS:"), "peak_kb": kilobytes("VmHWM:") }))
}

fn read(file: &str) -> Result<Vec<Array>> {
    let bytes = std::fs::read(file)?;
    let words = |data: &[u8]| data.chunks_exact(4).map(|b| [b[0], b[1], b[2], b[3]]).collect::<Vec<_>>();
    SafeTensors::deserialize(&bytes)?
        .tensors()
        .into_iter()
        .map(|(name, view)| {
            let words = words(view.data());
            let numbers = match view.dtype() {
                Dtype::F32 => Numbers::Float(words.into_iter().map(f32::from_le_bytes).collect()),
                Dtype::I32 => Numbers::Int(words.into_iter().map(i32::from_le_bytes).collect()),
                other => bail!("{name} is {other:?}; inputs are F32 or I32"),
            };
            Ok(Array { name, shape: view.shape().to_vec(), numbers })
        })
        .collect()
}

fn write(arrays: &[Array], file: &str) -> Result<()> {
    let bytes = |numbers: &Numbers| -> Vec<u8> {
        match numbers {
            Numbers::Float(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Numbers::Int(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        }
    };
    let data: Vec<Vec<u8>> = arrays.iter().map(|array| bytes(&array.numbers)).collect();
    let views = arrays
        .iter()
        .zip(&data)
        .map(|(array, data)| {
            let dtype = if matches!(array.numbers, Numbers::Float(_)) { Dtype::F32 } else { Dtype::I32 };
            Ok((array.name.clone(), TensorView::new(dtype, array.shape.clone(), data)?))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(std::fs::write(file, safetensors::serialize(views, None)?)?)
}
