use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on the terminal, and nothing where there is none.
pub(super) fn bar(what: &str, total: Option<u64>) -> ProgressBar {
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let template = if total.is_some() { "{msg:24} {wide_bar} {pos}/{len} {eta}" } else { "{msg:24} {spinner} {pos}" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
