use serde::{Deserialize, Serialize};

use super::Level;
use crate::entity::{self, Entity, Stored};
use crate::ids::UserId;
use crate::ports::{Attribute, Key, Store, Table};
use crate::{Error, Result};

/// What each user decided of their alerts; who decided nothing has no row.
pub static ALERT_SETTINGS: Table =
    Table { name: "alert_settings", partition: Attribute::number("owner"), sort: None, indexes: &[], ttl: None };

/// The most days a threshold may have: the longest certificate of a public CA lived that long.
pub const DAYS_MAX: u32 = 825;

/// At how many days left of a certificate's life its owner is told, and how urgently; when it has expired, in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thresholds {
    /// Days left for [`Level::Info`].
    pub info: u32,
    /// Days left for [`Level::Warning`].
    pub warning: u32,
    /// Days left for [`Level::Critical`].
    pub critical: u32,
    /// Days left for a last word, [`Level::Critical`] too.
    pub last: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { info: 30, warning: 14, critical: 7, last: 1 }
    }
}

impl Thresholds {
    fn check(self) -> Result<Self> {
        let Self { info, warning, critical, last } = self;
        if info > DAYS_MAX {
            return Err(Error::invalid("info", format!("must be at most {DAYS_MAX} days")));
        }
        if info > warning && warning > critical && critical > last {
            return Ok(self);
        }
        Err(Error::invalid("thresholds", "must fall: info over warning over critical over last, in days"))
    }

    /// The crossing that so many days left are, and its level. The step of an expired certificate is the highest.
    pub(super) fn crossing(&self, days_left: i64, lifetime_days: i64) -> Option<(u8, Level)> {
        if days_left < 0 {
            return Some((32, Level::Critical));
        }
        let counts = |threshold: u32| {
            let threshold = i64::from(threshold);
            days_left <= threshold && threshold.saturating_mul(3) < lifetime_days
        };
        match () {
            () if counts(self.last) => Some((31, Level::Critical)),
            () if counts(self.critical) => Some((Level::Critical.step(), Level::Critical)),
            () if counts(self.warning) => Some((Level::Warning.step(), Level::Warning)),
            () if counts(self.info) => Some((Level::Info.step(), Level::Info)),
            () => None,
        }
    }
}

/// The level for days left of a certificate's life, negative when it has expired, by the owner's thresholds; thresholds
/// of a third of the lifetime or more do not count.
pub fn expiry_level(thresholds: &Thresholds, days_left: i64, lifetime_days: i64) -> Option<Level> {
    thresholds.crossing(days_left, lifetime_days).map(|(_, level)| level)
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct AlertSettings {
    pub owner: UserId,
    pub thresholds: Thresholds,
}

impl Entity for AlertSettings {
    const TABLE: &'static Table = &ALERT_SETTINGS;
    const NAME: &'static str = "alert setting";

    fn key(&self) -> Key {
        Key::of(self.owner.0)
    }
}

/// An owner's thresholds. One store call.
pub async fn thresholds(store: &dyn Store, owner: UserId) -> Result<Thresholds> {
    let settings = entity::find::<AlertSettings>(store, Key::of(owner.0)).await?;
    Ok(settings.map(|settings| settings.value.thresholds).unwrap_or_default())
}

/// Sets an owner's thresholds.
pub async fn set_thresholds(store: &dyn Store, owner: UserId, thresholds: Thresholds) -> Result<()> {
    let thresholds = thresholds.check()?;
    let settings: Option<Stored<AlertSettings>> = entity::find(store, Key::of(owner.0)).await?;
    match settings {
        Some(mut settings) => {
            settings.value.thresholds = thresholds;
            settings.save(store).await
        }
        None => Ok(store.write(entity::insert(&AlertSettings { owner, thresholds })?).await?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_rises_as_days_pass_and_short_lives_have_fewer_thresholds() {
        let level = |days, lifetime| expiry_level(&Thresholds::default(), days, lifetime);
        for (days, lifetime, expected) in [
            (31, 365, None),
            (30, 365, Some(Level::Info)),
            (14, 365, Some(Level::Warning)),
            (7, 365, Some(Level::Critical)),
            (0, 365, Some(Level::Critical)),
            (-1, 365, Some(Level::Critical)),
            // 30 is a third of 90: renewal only begins there.
            (30, 90, None),
            (14, 90, Some(Level::Warning)),
            (2, 6, None),
            (1, 6, Some(Level::Critical)),
            (0, 2, None),
            (-1, 2, Some(Level::Critical)),
        ] {
            assert_eq!(level(days, lifetime), expected, "{days} of {lifetime} days left");
        }
    }

    #[test]
    fn thresholds_that_do_not_fall_are_refused() {
        let wrong = Thresholds { info: 7, warning: 14, ..Thresholds::default() };
        assert!(wrong.check().is_err());
        assert!(Thresholds { info: 826, ..Thresholds::default() }.check().is_err());
        assert!(Thresholds { last: 0, ..Thresholds::default() }.check().is_ok());
    }
}
