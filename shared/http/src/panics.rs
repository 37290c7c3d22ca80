//! A panic ends its request, and nothing else.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, PanicHookInfo};

use domain::Error;
use futures_util::FutureExt;

tokio::task_local! {
    /// Where the request panicked, as the panic hook saw it.
    static PLACE: RefCell<Option<String>>;
}

/// For the program's panic hook: keeps where a request panicked, for the one line that the log has of it. False when it
/// is no request that panics.
pub fn keep_panic(panic: &PanicHookInfo<'_>) -> bool {
    PLACE.try_with(|place| *place.borrow_mut() = panic.location().map(ToString::to_string)).is_ok()
}

/// Runs a part of a request; a panic in it is an error.
pub(crate) async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Error> {
    let work = async {
        let done = AssertUnwindSafe(work).catch_unwind().await;
        done.map_err(|panic| (panic, PLACE.with(|place| place.borrow_mut().take())))
    };
    PLACE.scope(RefCell::default(), work).await.map_err(|(panic, place)| {
        let place = place.map(|place| format!(" at {place}")).unwrap_or_default();
        Error::Internal(format!("panicked{place}: {}", words(panic.as_ref())))
    })
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}
