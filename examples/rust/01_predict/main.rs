//! predict MODEL: y for x = 1, 2, 3, ... through windfall.h (version 2 of the C interface), without any crate.
//!
//!   rustc main.rs -L native=/where/windfall/is/installed/lib -o predict
//!
//! The model needs one fp32 array input and one fp32 array output of the same shape.
use std::ffi::{c_char, c_void, CStr, CString};
use std::ptr;

/// What windfall.h declares, as far as it is used here. Handles are numbers: Rust never follows them.
#[allow(non_camel_case_types)]
mod ffi {
    use super::{c_char, c_void};
    #[repr(C)]
    pub struct windfall_error_t(());
    #[repr(C)]
    pub struct windfall_model_t(());
    #[repr(C)]
    pub struct windfall_options_t(());
    #[repr(C)]
    pub struct windfall_tensor_t(());
    #[repr(C)]
    pub struct windfall_request_t(());
    #[repr(C)]
    pub struct windfall_feature_t {
        pub struct_size: usize,
        pub name: *const c_char,
        pub text: *const c_char,
        pub shape: *const i64,
        pub rank: usize,
        pub kind: i32,
        pub dtype: i32,
        pub optional: i32,
    }
    pub const INPUTS: i32 = 0;
    pub const OUTPUTS: i32 = 1;
    pub const FP32: i32 = 3;

    #[link(name = "windfall")]
    extern "C" {
        pub fn windfall_error_code(error: *const windfall_error_t) -> i32;
        pub fn windfall_error_message(error: *const windfall_error_t) -> *const c_char;
        pub fn windfall_error_free(error: *mut windfall_error_t);
        pub fn windfall_model_load(path: *const c_char, options: *const windfall_options_t,
            out: *mut *mut windfall_model_t) -> *mut windfall_error_t;
        pub fn windfall_model_free(model: *mut windfall_model_t);
        pub fn windfall_model_feature(model: *const windfall_model_t, which: i32, index: usize,
            out: *mut windfall_feature_t) -> *mut windfall_error_t;
        pub fn windfall_tensor_wrap(dtype: i32, rank: usize, shape: *const i64, byte_strides: *const i64,
            data: *mut c_void, byte_length: usize, release: Option<extern "C" fn(*mut c_void)>,
            context: *mut c_void, out: *mut *mut windfall_tensor_t) -> *mut windfall_error_t;
        pub fn windfall_tensor_free(tensor: *mut windfall_tensor_t);
        pub fn windfall_request_new(model: *const windfall_model_t, out: *mut *mut windfall_request_t)
            -> *mut windfall_error_t;
        pub fn windfall_request_free(request: *mut windfall_request_t);
        pub fn windfall_request_set_input(request: *mut windfall_request_t, name: *const c_char,
            value: *const windfall_tensor_t) -> *mut windfall_error_t;
        pub fn windfall_request_set_output(request: *mut windfall_request_t, name: *const c_char,
            buffer: *mut windfall_tensor_t) -> *mut windfall_error_t;
        pub fn windfall_request_run(request: *mut windfall_request_t) -> *mut windfall_error_t;
    }
}

#[derive(Debug)]
struct Error {
    code: i32,
    message: String,
}

fn check(error: *mut ffi::windfall_error_t) -> Result<(), Error> {
    if error.is_null() {
        return Ok(());
    }
    // Safety: the error is ours until it is freed, and its message lives as long.
    unsafe {
        let message = CStr::from_ptr(ffi::windfall_error_message(error)).to_string_lossy().into_owned();
        let code = ffi::windfall_error_code(error);
        ffi::windfall_error_free(error);
        Err(Error { code, message })
    }
}

struct Model(*mut ffi::windfall_model_t);
// Safety: windfall.h says that a const model may be used by any number of threads at once.
unsafe impl Send for Model {}
unsafe impl Sync for Model {}
impl Drop for Model {
    fn drop(&mut self) {
        unsafe { ffi::windfall_model_free(self.0) }
    }
}

impl Model {
    fn load(path: &str) -> Result<Model, Error> {
        let path = CString::new(path).map_err(|_| Error { code: 1, message: "a zero byte in the path".into() })?;
        let mut model = ptr::null_mut();
        check(unsafe { ffi::windfall_model_load(path.as_ptr(), ptr::null(), &mut model) })?;
        Ok(Model(model))
    }

    /// Name and shape of the first input or output.
    fn first(&self, which: i32) -> Result<(CString, Vec<i64>), Error> {
        // Safety: every field may be zero; name and shape are valid as long as the model.
        unsafe {
            let mut feature: ffi::windfall_feature_t = std::mem::zeroed();
            feature.struct_size = std::mem::size_of::<ffi::windfall_feature_t>();
            check(ffi::windfall_model_feature(self.0, which, 0, &mut feature))?;
            let shape = if feature.rank == 0 {
                Vec::new()
            } else {
                std::slice::from_raw_parts(feature.shape, feature.rank).to_vec()
            };
            Ok((CStr::from_ptr(feature.name).to_owned(), shape))
        }
    }

    /// One prediction, from `input` into `output`: nothing is copied.
    fn predict(&self, input: &mut [f32], output: &mut [f32]) -> Result<(), Error> {
        let (input_name, input_shape) = self.first(ffi::INPUTS)?;
        let (output_name, output_shape) = self.first(ffi::OUTPUTS)?;
        let wrap = |shape: &[i64], data: &mut [f32]| -> Result<*mut ffi::windfall_tensor_t, Error> {
            let mut tensor = ptr::null_mut();
            let bytes = std::mem::size_of_val(data);
            check(unsafe {
                ffi::windfall_tensor_wrap(ffi::FP32, shape.len(), shape.as_ptr(), ptr::null(),
                    data.as_mut_ptr().cast(), bytes, None, ptr::null_mut(), &mut tensor)
            })?;
            Ok(tensor)
        };
        let x = wrap(&input_shape, input)?;
        let y = wrap(&output_shape, output)?;
        let mut request = ptr::null_mut();
        // Safety: the slices outlive the request, which is freed below; handles may be freed in any order.
        unsafe {
            let result = check(ffi::windfall_request_new(self.0, &mut request))
                .and_then(|_| check(ffi::windfall_request_set_input(request, input_name.as_ptr(), x)))
                .and_then(|_| check(ffi::windfall_request_set_output(request, output_name.as_ptr(), y)))
                .and_then(|_| check(ffi::windfall_request_run(request)));
            ffi::windfall_request_free(request);
            ffi::windfall_tensor_free(x);
            ffi::windfall_tensor_free(y);
            result
        }
    }
}

fn run(path: &str) -> Result<(), Error> {
    let model = Model::load(path)?;
    let (_, shape) = model.first(ffi::INPUTS)?;
    let count = shape.iter().product::<i64>().max(0) as usize;
    let mut input: Vec<f32> = (1..=count).map(|i| i as f32).collect();
    let mut output = vec![0.0; count];
    model.predict(&mut input, &mut output)?;
    println!("y = {:?}", output);
    Ok(())
}

fn main() {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: predict MODEL");
        std::process::exit(2);
    };
    if let Err(error) = run(&path) {
        eprintln!("error {}: {}", error.code, error.message);
        std::process::exit(1);
    }
}
