//! What a call and a load cost through the C interfaces of Windfall and ONNX Runtime, by turns in one process.
//!
//!     calls empty LIBWINDFALL LIBONNXRUNTIME MODEL.mlpackage MODEL.onnx ROUNDS
//!     calls load  LIBWINDFALL LIBONNXRUNTIME MODEL.mlpackage MODEL.mlmodelc MODEL.onnx OPTIMISED.onnx ROUNDS THREADS
//!
//! Prints one JSON object: for each way the times, a number for each round. `empty`: microseconds a prediction of
//! `y = x` with one number takes, 2000 predictions a round. `load`: milliseconds from the files, which are in the
//! page cache, to a model that can be asked; OPTIMISED.onnx is written first.
mod onnxruntime;
mod windfall;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::{bail, Result};

type Times = BTreeMap<&'static str, Vec<f64>>;

const CALLS: u32 = 2000;

/// Microseconds of one of many calls.
fn time_calls(mut call: impl FnMut() -> Result<()>) -> Result<f64> {
    for _ in 0..CALLS / 10 {
        call()?;
    }
    let begin = Instant::now();
    for _ in 0..CALLS {
        call()?;
    }
    Ok(begin.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS))
}

fn empty(ours: &windfall::Windfall, theirs: &onnxruntime::OnnxRuntime, arguments: &[String]) -> Result<Times> {
    let [package, onnx, rounds] = arguments else { bail!("empty takes MODEL.mlpackage MODEL.onnx ROUNDS") };
    // Each is read and written by the libraries behind the compiler's back.
    let [x, y, their_x, their_y] = [2f32, 0.0, 2.0, 0.0].map(|value| Box::into_raw(Box::new(value)));
    let model = ours.load(Path::new(package), false)?;
    let request = ours.request(&model, x, y)?;
    let bridge = ours.bridge(Path::new(package))?;
    let session = theirs.load(Path::new(onnx), 1, None, false)?;
    let mut run = session.request(their_x, their_y)?;
    let mut times = Times::new();
    for _ in 0..rounds.parse::<u32>()? {
        times.entry("windfall v2").or_default().push(time_calls(|| request.run())?);
        times.entry("onnxruntime").or_default().push(time_calls(|| run.run())?);
        times.entry("windfall v1, JSON").or_default().push(time_calls(|| bridge.run())?);
    }
    let answers = unsafe { [y.read_volatile(), their_y.read_volatile()] };
    if answers != [2.0, 2.0] {
        bail!("wrong answers: {answers:?}");
    }
    Ok(times)
}

/// Milliseconds to load; to be done with it again is not counted.
fn time_load<T>(load: impl FnOnce() -> Result<T>) -> Result<f64> {
    let begin = Instant::now();
    let loaded = load()?;
    let milliseconds = begin.elapsed().as_secs_f64() * 1e3;
    drop(loaded);
    Ok(milliseconds)
}

fn load(ours: &windfall::Windfall, theirs: &onnxruntime::OnnxRuntime, arguments: &[String]) -> Result<Times> {
    let [package, compiled, onnx, optimised, rounds, threads] = arguments else {
        bail!("load takes MODEL.mlpackage MODEL.mlmodelc MODEL.onnx OPTIMISED.onnx ROUNDS THREADS")
    };
    let (package, compiled) = (Path::new(package), Path::new(compiled));
    let (onnx, optimised, threads) = (Path::new(onnx), Path::new(optimised), threads.parse()?);
    drop(theirs.load(onnx, threads, Some(optimised), false)?);
    drop(ours.load(package, true)?);
    // What is younger than two seconds is verified anew at every load: files could still change unseen.
    std::thread::sleep(std::time::Duration::from_millis(2500));
    let mut times = Times::new();
    for round in 0..=rounds.parse::<u32>()? {
        let of_round = [
            ("windfall, from the cache", time_load(|| ours.load(package, true))?),
            ("onnxruntime", time_load(|| theirs.load(onnx, threads, None, false))?),
            ("windfall, .mlmodelc", time_load(|| ours.load(compiled, false))?),
            ("onnxruntime, optimised before", time_load(|| theirs.load(optimised, threads, None, true))?),
            ("windfall, from the package", time_load(|| ours.load(package, false))?),
        ];
        if round == 0 {
            continue; // the first one fills the page cache
        }
        for (way, milliseconds) in of_round {
            times.entry(way).or_default().push(milliseconds);
        }
    }
    Ok(times)
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, library, onnxruntime, rest @ ..] = arguments.as_slice() else { bail!("see the head of main.rs") };
    let ours = windfall::Windfall::open(Path::new(library))?;
    let theirs = onnxruntime::OnnxRuntime::open(Path::new(onnxruntime))?;
    let times = match what.as_str() {
        "empty" => empty(&ours, &theirs, rest)?,
        "load" => load(&ours, &theirs, rest)?,
        _ => bail!("empty or load, not {what}"),
    };
    println!("{}", serde_json::to_string(&times)?);
    Ok(())
}
