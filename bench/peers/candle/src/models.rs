//! Each model as a closure that predicts once.
use std::collections::HashMap;
use std::path::Path;

use anyhow::{bail, Result};
use candle_core::{DType, Device, IndexOp, Module, Tensor};
use candle_nn::{linear, VarBuilder};
use candle_transformers::models::{bert, distilbert, fastvit, resnet, whisper};

pub type Model = Box<dyn FnMut() -> Result<Vec<(&'static str, Tensor)>>>;
type Inputs<'a> = &'a dyn Fn(&str) -> Result<Tensor>;

pub fn load(name: &str, weights: &Path, input: Inputs) -> Result<Model> {
    // SAFETY: nobody writes the file while this process lives.
    let mapped = || unsafe { VarBuilder::from_mmaped_safetensors(&[weights], DType::F32, &Device::Cpu) };
    match name {
        "resnet50" => images(resnet::resnet50(1000, mapped()?)?, input),
        "fastvit" => images(fastvit::fastvit(&fastvit::Config::t8(), 1000, mapped()?)?, input),
        "bert" => bert_for_squad(mapped()?, input),
        "distilbert" => distilbert_for_two_classes(mapped()?, input),
        "whisper_encoder" => whisper_encoder(weights, input),
        "mobilenetv3" => bail!("candle-transformers has MobileNetV4 and MobileOne, not MobileNetV3"),
        "detr" => bail!("candle-transformers has no DETR"),
        "depth_anything" => bail!(
            "candle-transformers' Depth Anything resizes by nearest neighbour and leaves out the fusion of the levels: it \
             computes something else"
        ),
        _ => bail!("candle-transformers has no {name}"),
    }
}

fn images(network: candle_nn::Func<'static>, input: Inputs) -> Result<Model> {
    let image = input("image")?;
    Ok(Box::new(move || Ok(vec![("logits", network.forward(&image)?)])))
}

fn bert_for_squad(weights: VarBuilder, input: Inputs) -> Result<Model> {
    let config = bert::Config::default(); // BERT base
    let head = linear(config.hidden_size, 2, weights.pp("qa_outputs"))?;
    let network = bert::BertModel::load(weights.pp("bert"), &config)?;
    let (ids, mask, types) = (input("input_ids")?, input("attention_mask")?, input("token_type_ids")?);
    Ok(Box::new(move || {
        let logits = head.forward(&network.forward(&ids, &types, Some(&mask))?)?;
        Ok(vec![("start_logits", logits.i((.., .., 0))?), ("end_logits", logits.i((.., .., 1))?)])
    }))
}

fn distilbert_for_two_classes(weights: VarBuilder, input: Inputs) -> Result<Model> {
    let config: distilbert::Config = serde_json::from_value(serde_json::json!({
        "vocab_size": 30522, "dim": 768, "n_layers": 6, "n_heads": 12, "hidden_dim": 3072, "activation": "gelu",
        "max_position_embeddings": 512, "initializer_range": 0.02, "pad_token_id": 0
    }))?;
    let network = distilbert::DistilBertModel::load(weights.pp("distilbert"), &config)?;
    let before = linear(768, 768, weights.pp("pre_classifier"))?;
    let head = linear(768, 2, weights.pp("classifier"))?;
    let ids = input("input_ids")?;
    // candle's mask marks what is left out.
    let left_out = input("attention_mask")?.eq(0u32)?.unsqueeze(1)?.unsqueeze(1)?;
    Ok(Box::new(move || {
        let first = network.forward(&ids, &left_out)?.i((.., 0, ..))?;
        Ok(vec![("logits", head.forward(&before.forward(&first)?.relu()?)?)])
    }))
}

/// candle loads the whole of Whisper: a decoder without layers and of one token goes with the encoder.
fn whisper_encoder(weights: &Path, input: Inputs) -> Result<Model> {
    let config = whisper::Config {
        num_mel_bins: 80,
        max_source_positions: 1500,
        d_model: 384,
        encoder_attention_heads: 6,
        encoder_layers: 4,
        vocab_size: 1,
        max_target_positions: 1,
        decoder_attention_heads: 6,
        decoder_layers: 0,
        suppress_tokens: vec![],
    };
    let mut tensors: HashMap<String, Tensor> = candle_core::safetensors::load(weights, &Device::Cpu)?
        .into_iter()
        .map(|(name, tensor)| (format!("model.encoder.{name}"), tensor))
        .collect();
    for (name, shape) in [
        ("embed_tokens.weight", vec![1, config.d_model]),
        ("embed_positions.weight", vec![1, config.d_model]),
        ("layer_norm.weight", vec![config.d_model]),
        ("layer_norm.bias", vec![config.d_model]),
    ] {
        tensors.insert(format!("model.decoder.{name}"), Tensor::zeros(shape, DType::F32, &Device::Cpu)?);
    }
    let builder = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
    let mut network = whisper::model::Whisper::load(&builder, config)?;
    let mel = input("mel")?;
    Ok(Box::new(move || Ok(vec![("states", network.encoder.forward(&mel, true)?)])))
}
