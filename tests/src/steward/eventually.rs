use std::time::{Duration, Instant};

/// Asks again and again until there is an answer; panics after a minute without one.
pub async fn eventually<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "a minute without {what}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}
