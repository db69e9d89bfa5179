//! What tokens carry for the application, and what they decide about subscriptions.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use protocol::{Channel, Payload};
use realtime::{ServerSubscription, SubscriptionOverrides, TokenError};
use serde::Deserialize;

/// The value of a claim that is there as JSON or as base64 of any bytes, which counts when both are there.
///
/// # Errors
/// [`TokenError::Invalid`] when the base64 is none.
pub(super) fn payload(plain: Option<Payload>, base64: Option<&str>) -> Result<Option<Payload>, TokenError> {
    let Some(base64) = base64.filter(|text| !text.is_empty()) else {
        return Ok(plain);
    };
    let bytes = STANDARD.decode(base64).map_err(|_| TokenError::Invalid)?;
    Ok(Some(Payload::from_bytes(bytes.into())))
}

/// A subscription as the claim `subs` describes it, under its channel.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SubscriptionClaim {
    info: Option<Payload>,
    b64info: Option<String>,
    data: Option<Payload>,
    b64data: Option<String>,
    r#override: Option<OverrideClaim>,
}

impl SubscriptionClaim {
    pub(super) fn subscription(self, channel: Channel) -> Result<ServerSubscription, TokenError> {
        Ok(ServerSubscription {
            channel,
            info: payload(self.info, self.b64info.as_deref())?,
            data: payload(self.data, self.b64data.as_deref())?,
            expires_at: None,
            overrides: self.r#override.unwrap_or_default().overrides(),
            since: None,
        })
    }
}

/// The claim `override`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OverrideClaim {
    presence: Option<Flag>,
    join_leave: Option<Flag>,
    force_push_join_leave: Option<Flag>,
    force_recovery: Option<Flag>,
    force_positioning: Option<Flag>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Flag {
    // What is false may be left out on the wire.
    #[serde(default)]
    value: bool,
}

impl OverrideClaim {
    pub(crate) fn overrides(self) -> SubscriptionOverrides {
        let value = |flag: Option<Flag>| flag.map(|flag| flag.value);
        SubscriptionOverrides {
            presence: value(self.presence),
            join_leave: value(self.join_leave),
            force_join_leave: value(self.force_push_join_leave),
            force_recovery: value(self.force_recovery),
            force_positioning: value(self.force_positioning),
        }
    }
}
