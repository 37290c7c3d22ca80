use std::sync::Mutex;

use aws::Observer;

/// Remembers what was called, for tests that count.
#[derive(Debug, Default)]
pub struct Calls(Mutex<Vec<String>>);

impl Calls {
    /// The calls since the last time, each as `service Operation`, every attempt of it.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Observer for Calls {
    fn called(&self, service: &'static str, operation: &str) {
        self.0.lock().unwrap().push(format!("{service} {operation}"));
    }
}
