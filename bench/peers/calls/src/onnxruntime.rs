//! ONNX Runtime through its C interface; the library is the one of its Python package.
use std::ffi::{c_void, CStr, CString};
use std::path::Path;
use std::ptr::{null, null_mut};

use anyhow::{anyhow, Result};
use libloading::Library;
use ort_sys as ort;

pub struct OnnxRuntime {
    api: &'static ort::OrtApi,
    environment: *mut ort::OrtEnv,
    _library: Library,
}

pub struct Session<'a> {
    runtime: &'a OnnxRuntime,
    handle: *mut ort::OrtSession,
}

impl OnnxRuntime {
    pub fn open(path: &Path) -> Result<Self> {
        const API_VERSION: u32 = 17;
        // SAFETY: it is ONNX Runtime's library; the crate has its types.
        unsafe {
            let library = Library::new(path)?;
            let base = library.get::<unsafe extern "system" fn() -> *const ort::OrtApiBase>(b"OrtGetApiBase")?();
            let api = ((*base).GetApi)(API_VERSION).as_ref().ok_or_else(|| anyhow!("no such version of its interface"))?;
            let mut runtime = Self { api, environment: null_mut(), _library: library };
            let name = CString::new("bench")?;
            let warnings = ort::OrtLoggingLevel::ORT_LOGGING_LEVEL_WARNING;
            let status = (api.CreateEnv)(warnings, name.as_ptr(), &mut runtime.environment);
            runtime.check(status)?;
            Ok(runtime)
        }
    }

    fn check(&self, status: ort::OrtStatusPtr) -> Result<()> {
        if status.0.is_null() {
            return Ok(());
        }
        unsafe {
            let words = CStr::from_ptr((self.api.GetErrorMessage)(status.0)).to_string_lossy().into_owned();
            (self.api.ReleaseStatus)(status.0);
            Err(anyhow!(words))
        }
    }

    /// `optimised`: where to write the optimised model; `as_it_is`: no optimisation, for one that was written so.
    pub fn load(&self, model: &Path, threads: i32, optimised: Option<&Path>, as_it_is: bool) -> Result<Session<'_>> {
        let path = CString::new(model.to_string_lossy().as_bytes())?;
        let (mut options, mut handle) = (null_mut(), null_mut());
        unsafe {
            self.check((self.api.CreateSessionOptions)(&mut options))?;
            self.check((self.api.SetIntraOpNumThreads)(options, threads))?;
            if as_it_is {
                let level = ort::GraphOptimizationLevel::ORT_DISABLE_ALL;
                self.check((self.api.SetSessionGraphOptimizationLevel)(options, level))?;
            }
            if let Some(to) = optimised {
                let to = CString::new(to.to_string_lossy().as_bytes())?;
                self.check((self.api.SetOptimizedModelFilePath)(options, to.as_ptr()))?;
            }
            let result = self.check((self.api.CreateSession)(self.environment, path.as_ptr(), options, &mut handle));
            (self.api.ReleaseSessionOptions)(options);
            result?;
        }
        Ok(Session { runtime: self, handle })
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        unsafe { (self.runtime.api.ReleaseSession)(self.handle) }
    }
}

/// A prediction made ready: one input `x` and one output `y`, fp32 `[1]`, in memory of the caller's.
pub struct Request<'a> {
    session: &'a Session<'a>,
    values: [*mut ort::OrtValue; 2],
    names: [CString; 2],
}

impl<'a> Session<'a> {
    pub fn request(&'a self, x: *mut f32, y: *mut f32) -> Result<Request<'a>> {
        let (api, mut values, mut memory) = (self.runtime.api, [null_mut(); 2], null_mut());
        unsafe {
            let (arena, usual) = (ort::OrtAllocatorType::OrtArenaAllocator, ort::OrtMemType::OrtMemTypeDefault);
            self.runtime.check((api.CreateCpuMemoryInfo)(arena, usual, &mut memory))?;
            for (value, data) in values.iter_mut().zip([x, y]) {
                let shape = [1i64];
                let float = ort::ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
                let address = data.cast::<c_void>();
                let create = api.CreateTensorWithDataAsOrtValue;
                self.runtime.check(create(memory, address, 4, shape.as_ptr(), 1, float, value))?;
            }
        }
        Ok(Request { session: self, values, names: [CString::new("x")?, CString::new("y")?] })
    }
}

impl Request<'_> {
    pub fn run(&mut self) -> Result<()> {
        let runtime = self.session.runtime;
        let (inputs, outputs) = ([self.names[0].as_ptr()], [self.names[1].as_ptr()]);
        let given = [self.values[0].cast_const()];
        runtime.check(unsafe {
            (runtime.api.Run)(
                self.session.handle, null(), inputs.as_ptr(), given.as_ptr(), 1, outputs.as_ptr(), 1, &mut self.values[1],
            )
        })
    }
}

impl Drop for Request<'_> {
    fn drop(&mut self) {
        for value in self.values {
            unsafe { (self.session.runtime.api.ReleaseValue)(value) }
        }
    }
}
