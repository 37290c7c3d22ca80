use std::collections::BTreeMap;
use std::fmt::Write;

use super::month::gigabytes;
use super::{Bill, Good, idle_month, one_certificate, stored};
use crate::aws::Charge;
use crate::template::Template;
use crate::walk::Visit;

/// Each route and job: how many calls it makes, the units it reads and writes, the requests a CA gets, the dollars for
/// a million, those in its dearest form, and the calls.
pub fn route_table(template: &Template, visits: &[Visit<Charge>]) -> String {
    let gigabytes = gigabytes(template);
    let dollars = |visit: &Visit<Charge>| 1e6 * Bill::of(visit, gigabytes).total();
    let mut table =
        format!("{:38} {:>5} {:>5} {:>6} {:>3} {:>6} {:>6}\n", "", "calls", "reads", "writes", "CA", "$", "most");
    let mut routes: BTreeMap<&str, (&Visit<Charge>, f64)> = BTreeMap::new();
    for visit in visits {
        let (_, most) = routes.entry(&visit.route).or_insert((visit, 0.0));
        *most = most.max(dollars(visit));
    }
    for (route, (visit, most)) in routes {
        let bill = Bill::of(visit, gigabytes);
        let (reads, writes) = (bill.count(Good::ReadUnit), bill.count(Good::WriteUnit));
        let (count, ca, dollars, made) = (visit.calls.len(), visit.ca, dollars(visit), calls(&visit.calls));
        writeln!(table, "{route:38} {count:>5} {reads:>5.1} {writes:>6} {ca:>3} {dollars:>6.2} {most:>6.2}  {made}")
            .unwrap();
    }
    table
}

/// The calls in their order, repeated ones together.
fn calls(charges: &[Charge]) -> String {
    let mut told: Vec<(String, usize)> = Vec::new();
    for charge in charges.iter().map(ToString::to_string) {
        match told.last_mut() {
            Some((last, times)) if *last == charge => *times += 1,
            _ => told.push((charge, 1)),
        }
    }
    let told = told.into_iter().map(|(call, times)| if times == 1 { call } else { format!("{times} × {call}") });
    told.collect::<Vec<_>>().join(", ")
}

/// A bill line by line: how many, what they cost, and what of that is beyond what is always free.
pub fn bill_table(bill: &Bill) -> String {
    let mut table = format!("{:22} {:>12} {:>8} {:>8}\n", "", "", "$", "not free");
    for (price, count, dollars, beyond) in bill.lines() {
        let decimals = if count < 100.0 && count.fract() > 0.0 { 4 } else { 0 };
        writeln!(table, "{:22} {count:>12.decimals$} {dollars:>8.4} {beyond:>8.4}", price.name).unwrap();
    }
    writeln!(table, "{:22} {:>12} {:>8.4} {:>8.4}", "", "", bill.total(), bill.total_beyond_free()).unwrap();
    table
}

/// The rows of the table in README: what, dollars, dollars beyond what is always free, and what they go to.
pub fn readme_rows(template: &Template, visits: &[Visit<Charge>]) -> Vec<String> {
    let thousand = one_certificate(template, visits).times(1e3);
    let rows = [
        ("a month in which nobody asks anything", idle_month(template, visits)),
        ("a thousand certificates, from order to download", thousand),
        ("keeping them for a month", stored(1e3)),
    ];
    rows.map(|(what, bill)| {
        let (all, beyond) = (bill.total(), bill.total_beyond_free());
        format!("| {what} | ${all:.2} | ${beyond:.2} | {} |", driven_by(&bill))
    })
    .to_vec()
}

/// What makes up the most of a bill, to 95 % of it.
fn driven_by(bill: &Bill) -> String {
    let mut lines: Vec<_> = bill.lines().map(|(price, _, dollars, _)| (price.name, dollars)).collect();
    lines.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (mut named, mut sum) = (Vec::new(), 0.0);
    for (name, dollars) in lines {
        if sum >= 0.95 * bill.total() {
            break;
        }
        sum += dollars;
        named.push(format!("{name} {:.0} %", 100.0 * dollars / bill.total()));
    }
    named.join(", ")
}
