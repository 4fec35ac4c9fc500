//! tract reads the ONNX twin. Its threads: WORKER_THREADS.
use std::sync::Arc;

use anyhow::{anyhow, Result};
use protocol::{Array, Numbers, Peer};
use tract_linalg::multithread::{set_default_executor, Executor};
use tract_onnx::prelude::*;

#[derive(Default)]
struct Tract {
    model: Option<Arc<TypedRunnableModel>>,
    inputs: TVec<TValue>,
    names: Vec<String>,
    answers: TVec<TValue>,
}

impl Peer for Tract {
    fn load(&mut self, path: &str, inputs: &[Array]) -> Result<()> {
        let mut model = tract_onnx::onnx().model_for_path(path)?;
        // A file may name fewer inputs than there are: what does not matter is left out by the exporter.
        self.inputs.clear();
        for index in 0..model.input_outlets()?.len() {
            let name = model.node(model.input_outlets()?[index].node).name.clone();
            let array = inputs.iter().find(|array| array.name == name).ok_or_else(|| anyhow!("no input {name}"))?;
            let tensor = match &array.numbers {
                Numbers::Float(values) => Tensor::from_shape(&array.shape, values)?,
                Numbers::Int(values) => Tensor::from_shape(&array.shape, values)?,
            };
            model.set_input_fact(index, InferenceFact::dt_shape(tensor.datum_type(), tensor.shape()))?;
            self.inputs.push(tensor.into_tvalue());
        }
        let outlets = model.output_outlets()?.to_vec();
        self.names = outlets
            .iter()
            .map(|&outlet| model.outlet_label(outlet).map_or_else(|| model.node(outlet.node).name.clone(), str::to_string))
            .collect();
        self.model = Some(model.into_optimized()?.into_runnable()?);
        Ok(())
    }

    fn run(&mut self) -> Result<()> {
        let model = self.model.as_ref().ok_or_else(|| anyhow!("no model is loaded"))?;
        self.answers = model.run(self.inputs.clone())?;
        Ok(())
    }

    fn outputs(&self) -> Result<Vec<Array>> {
        self.names
            .iter()
            .zip(&self.answers)
            .map(|(name, value)| {
                let numbers = value.cast_to::<f32>()?.view().as_slice::<f32>()?.to_vec();
                Ok(Array { name: name.clone(), shape: value.shape().to_vec(), numbers: Numbers::Float(numbers) })
            })
            .collect()
    }
}

fn main() -> Result<()> {
    let threads = std::env::var("WORKER_THREADS")?.parse()?;
    if threads > 1 {
        set_default_executor(Executor::multithread(threads));
    }
    protocol::serve(Tract::default(), "0.23.9")
}
