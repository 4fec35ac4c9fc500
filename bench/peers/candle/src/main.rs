//! candle with the architectures that candle-transformers has of ours, and the weights the twin was exported from. Its
//! threads: RAYON_NUM_THREADS.
mod models;

use anyhow::{anyhow, Context, Result};
use candle_core::{Device, Tensor};
use protocol::{Array, Numbers, Peer};

#[derive(Default)]
struct Candle {
    model: Option<models::Model>,
    answers: Vec<(&'static str, Tensor)>,
}

impl Peer for Candle {
    /// `path` is the folder of a model; weights.safetensors in it holds the published names.
    fn load(&mut self, path: &str, inputs: &[Array]) -> Result<()> {
        let folder = std::path::Path::new(path);
        let name = folder.file_name().and_then(|name| name.to_str()).context("a folder named as the model")?;
        let tensor = |wanted: &str| -> Result<Tensor> {
            let array = inputs.iter().find(|array| array.name == wanted).ok_or_else(|| anyhow!("no input {wanted}"))?;
            Ok(match &array.numbers {
                Numbers::Float(values) => Tensor::from_slice(values, array.shape.as_slice(), &Device::Cpu)?,
                Numbers::Int(values) => {
                    let ids: Vec<u32> = values.iter().map(|&value| value as u32).collect();
                    Tensor::from_vec(ids, array.shape.as_slice(), &Device::Cpu)?
                }
            })
        };
        self.model = Some(models::load(name, &folder.join("weights.safetensors"), &tensor)?);
        Ok(())
    }

    fn run(&mut self) -> Result<()> {
        let model = self.model.as_mut().ok_or_else(|| anyhow!("no model is loaded"))?;
        self.answers = model()?;
        Ok(())
    }

    fn outputs(&self) -> Result<Vec<Array>> {
        self.answers
            .iter()
            .map(|(name, tensor)| {
                let numbers = Numbers::Float(tensor.flatten_all()?.to_vec1::<f32>()?);
                Ok(Array { name: name.to_string(), shape: tensor.dims().to_vec(), numbers })
            })
            .collect()
    }
}

fn main() -> Result<()> {
    protocol::serve(Candle::default(), "0.11.1")
}
