//! A deployment on AWS, or on what stands in for it.

mod calls;
mod emulator;

pub use calls::Calls;
pub use emulator::Emulator;
