//! Windfall through its C interfaces, as any program would call it: the library is opened at run time.
use std::ffi::{c_char, c_void, CStr, CString};
use std::path::Path;
use std::ptr::{null, null_mut};

use anyhow::{anyhow, Result};
use libloading::{Library, Symbol};

type Handle = *mut c_void;

pub struct Windfall {
    library: Library,
}

const FP32: i32 = 3;

impl Windfall {
    pub fn open(path: &Path) -> Result<Self> {
        // SAFETY: it is Windfall's library.
        Ok(Self { library: unsafe { Library::new(path) }? })
    }

    fn function<T>(&self, name: &str) -> Result<Symbol<'_, T>> {
        // SAFETY: the types written down below are those of windfall.h and coreml_bridge.h.
        Ok(unsafe { self.library.get(name.as_bytes()) }?)
    }

    fn check(&self, error: Handle) -> Result<()> {
        if error.is_null() {
            return Ok(());
        }
        let message = self.function::<unsafe extern "C" fn(Handle) -> *const c_char>("windfall_error_message")?;
        let free = self.function::<unsafe extern "C" fn(Handle)>("windfall_error_free")?;
        unsafe {
            let words = CStr::from_ptr(message(error)).to_string_lossy().into_owned();
            free(error);
            Err(anyhow!(words))
        }
    }

    pub fn load(&self, model: &Path, use_cache: bool) -> Result<Loaded<'_>> {
        let (mut options, mut handle) = (null_mut(), null_mut());
        let path = CString::new(model.to_string_lossy().as_bytes())?;
        unsafe {
            self.check(self.function::<unsafe extern "C" fn(*mut Handle) -> Handle>("windfall_options_new")?(&mut options))?;
            let engine = CString::new("cpu")?;
            type SetText = unsafe extern "C" fn(Handle, *const c_char) -> Handle;
            self.check(self.function::<SetText>("windfall_options_set_engine")?(options, engine.as_ptr()))?;
            type SetNumber = unsafe extern "C" fn(Handle, i32) -> Handle;
            self.check(self.function::<SetNumber>("windfall_options_set_cache")?(options, i32::from(use_cache)))?;
            type Load = unsafe extern "C" fn(*const c_char, Handle, *mut Handle) -> Handle;
            let result = self.check(self.function::<Load>("windfall_model_load")?(path.as_ptr(), options, &mut handle));
            self.function::<unsafe extern "C" fn(Handle)>("windfall_options_free")?(options);
            result?;
        }
        Ok(Loaded { windfall: self, handle })
    }

    /// A prediction made ready: one input `x` and one output `y`, fp32 `[1]`, in memory of the caller's.
    pub fn request<'a>(&'a self, model: &Loaded, x: *mut f32, y: *mut f32) -> Result<Request<'a>> {
        let mut handle = null_mut();
        type New = unsafe extern "C" fn(Handle, *mut Handle) -> Handle;
        self.check(unsafe { self.function::<New>("windfall_request_new")?(model.handle, &mut handle) })?;
        for (name, data, set) in [("x", x, "windfall_request_set_input"), ("y", y, "windfall_request_set_output")] {
            type Wrap = unsafe extern "C" fn(
                i32, usize, *const i64, *const i64, *mut c_void, usize, Option<extern "C" fn(*mut c_void)>, *mut c_void, *mut Handle,
            ) -> Handle;
            type Set = unsafe extern "C" fn(Handle, *const c_char, Handle) -> Handle;
            let mut tensor = null_mut();
            let (shape, name) = ([1i64], CString::new(name)?);
            unsafe {
                let wrap = self.function::<Wrap>("windfall_tensor_wrap")?;
                self.check(wrap(FP32, 1, shape.as_ptr(), null(), data.cast(), 4, None, null_mut(), &mut tensor))?;
                self.check(self.function::<Set>(set)?(handle, name.as_ptr(), tensor))?;
                self.function::<unsafe extern "C" fn(Handle)>("windfall_tensor_free")?(tensor);
            }
        }
        Ok(Request {
            windfall: self,
            handle,
            run: *self.function::<unsafe extern "C" fn(Handle) -> Handle>("windfall_request_run")?,
        })
    }

    /// The same through version 1: JSON in, JSON out.
    pub fn bridge(&self, model: &Path) -> Result<Bridge<'_>> {
        let (mut handle, mut error) = (null_mut(), null());
        let path = CString::new(model.to_string_lossy().as_bytes())?;
        type Load = unsafe extern "C" fn(*const c_char, i32, *mut Handle, *mut *const c_char) -> i32;
        let code = unsafe { self.function::<Load>("coreml_load_model")?(path.as_ptr(), 1, &mut handle, &mut error) };
        if code != 0 {
            return Err(anyhow!("coreml_load_model: {code}"));
        }
        Ok(Bridge {
            handle,
            predict: *self.function("coreml_predict")?,
            free: *self.function("coreml_free_cstr")?,
            request: CString::new(r#"{"inputs":[{"name":"x","shape":[1],"dtype":"fp32","values":[2]}]}"#)?,
            library: std::marker::PhantomData,
        })
    }
}

pub struct Loaded<'a> {
    windfall: &'a Windfall,
    handle: Handle,
}

impl Drop for Loaded<'_> {
    fn drop(&mut self) {
        if let Ok(free) = self.windfall.function::<unsafe extern "C" fn(Handle)>("windfall_model_free") {
            unsafe { free(self.handle) }
        }
    }
}

pub struct Request<'a> {
    windfall: &'a Windfall,
    handle: Handle,
    run: unsafe extern "C" fn(Handle) -> Handle,
}

impl Request<'_> {
    pub fn run(&self) -> Result<()> {
        let error = unsafe { (self.run)(self.handle) };
        if error.is_null() {
            Ok(())
        } else {
            self.windfall.check(error)
        }
    }
}

pub struct Bridge<'a> {
    handle: Handle,
    predict: unsafe extern "C" fn(Handle, *const c_char, *mut *const c_char, i64, *mut *const c_char) -> i32,
    free: unsafe extern "C" fn(*const c_char),
    request: CString,
    library: std::marker::PhantomData<&'a ()>,
}

impl Bridge<'_> {
    pub fn run(&self) -> Result<()> {
        let (mut answer, mut error) = (null(), null());
        let code = unsafe { (self.predict)(self.handle, self.request.as_ptr(), &mut answer, 0, &mut error) };
        if code != 0 {
            return Err(anyhow!("coreml_predict: {code}"));
        }
        unsafe { (self.free)(answer) };
        Ok(())
    }
}
