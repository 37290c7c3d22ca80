/// The kernel counts in hundredths of a second (`getconf CLK_TCK`, on every Linux that Rust supports).
const TICK_MS: u64 = 10;

/// Processor time that a process has used, in milliseconds.
pub(crate) fn of(pid: u32) -> u64 {
    ticks(&pid.to_string(), 13) + ticks(&pid.to_string(), 14)
}

/// Processor time of this process's children that have ended, in milliseconds.
pub(crate) fn children() -> u64 {
    ticks("self", 15) + ticks("self", 16)
}

/// A field of `/proc/PID/stat`, counted as proc(5) does, less one, in milliseconds.
fn ticks(process: &str, field: usize) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The program's name, the second field, may hold spaces.
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let value = rest.split_whitespace().nth(field - 2).and_then(|text| text.parse::<u64>().ok());
    value.unwrap_or_default() * TICK_MS
}
