use jiff::Timestamp;

use super::observe::cross;
use super::standing::Standing;
use super::thresholds::AlertSettings;
use super::{Finding, Kind, Observation, Subject};
use crate::entity;
use crate::ids::UserId;
use crate::ports::Key;
use crate::{Context, Error, Result};

const TRIES: usize = 5;
const DAY: i64 = 24 * 60 * 60;

/// A certificate whose end is watched.
#[derive(Clone, Debug)]
pub struct Expiring<'a> {
    /// Whose it is.
    pub owner: UserId,
    /// What the alert is about: the certificate, or the monitor that saw it.
    pub subject: Subject,
    /// What people call that.
    pub name: &'a str,
    /// What ends, as a sentence begins; see [`Expiring::CERTIFICATE`].
    pub what: &'a str,
    /// When the certificate began to be valid.
    pub not_before: Timestamp,
    /// When it ends.
    pub not_after: Timestamp,
    /// What to do about it, a plain sentence.
    pub remedy: &'a str,
}

/// Notifies the owner before a certificate expires, once for each of the owner's thresholds and once when it has expired;
/// and that it was replaced. One read when nothing crosses.
pub async fn observe_expiry(ctx: &Context, watched: &Expiring<'_>) -> Result<()> {
    let store = ctx.store.as_ref();
    for _ in 0..TRIES {
        let key = Key::of(Standing::name(watched.subject, Kind::Expiry));
        let (standing, settings) =
            entity::find_both::<Standing, AlertSettings>(store, key, Key::of(watched.owner.0)).await?;
        let thresholds = settings.map(|settings| settings.value.thresholds).unwrap_or_default();
        let (left, lifetime) = watched.days(ctx.clock.now());
        let crossing = thresholds.crossing(left, lifetime);
        let finding = crossing.map(|(_, level)| Finding { level, text: watched.text(left) });
        let Expiring { owner, subject, name, .. } = *watched;
        let seen = Observation { owner, subject, name, kind: Kind::Expiry, finding };
        match cross(ctx, &seen, crossing.map_or(0, |(step, _)| step), standing).await {
            Err(Error::Conflict(_)) => {}
            done => return done,
        }
    }
    Err(Error::Unavailable("the state of an alert changes all the time; try again in a moment".into()))
}

impl Expiring<'_> {
    /// The certificate itself.
    pub const CERTIFICATE: &'static str = "The certificate";

    /// Whole days left, negative from the moment of expiry, and the days of the whole life.
    fn days(&self, now: Timestamp) -> (i64, i64) {
        let left = self.not_after.as_second() - now.as_second();
        let lifetime = self.not_after.as_second() - self.not_before.as_second();
        (left.div_euclid(DAY), (lifetime + DAY / 2).div_euclid(DAY))
    }

    fn text(&self, left: i64) -> String {
        let (what, end) = (self.what, self.not_after.strftime("%Y-%m-%d %H:%M UTC"));
        match left {
            ..0 => format!("{what} expired on {end}; visitors see a warning. {}", self.remedy),
            0 => format!("{what} expires today, on {end}. {}", self.remedy),
            1 => format!("{what} expires in 1 day, on {end}. {}", self.remedy),
            _ => format!("{what} expires in {left} days, on {end}. {}", self.remedy),
        }
    }
}
