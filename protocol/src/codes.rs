//! Numbered errors, unsubscribe reasons and disconnects of the channel protocol.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// An error reply. Codes below 1000 belong to the channel protocol, 1000–1999 to the engine's commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ErrorBody {
    /// Stable number.
    pub code: u32,
    /// Stable text.
    pub message: Cow<'static, str>,
    /// Whether the same command may succeed a moment later.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub temporary: bool,
}

impl ErrorBody {
    /// An error that stays.
    #[must_use]
    pub const fn new(code: u32, message: &'static str) -> Self {
        Self { code, message: Cow::Borrowed(message), temporary: false }
    }

    /// An error that may pass.
    #[must_use]
    pub const fn temporary(code: u32, message: &'static str) -> Self {
        Self { code, message: Cow::Borrowed(message), temporary: true }
    }
}

/// Errors of the channel protocol.
pub mod error {
    use super::ErrorBody;

    /// The server failed; it is logged there.
    pub const INTERNAL: ErrorBody = ErrorBody::temporary(100, "internal server error");
    /// No valid credentials.
    pub const UNAUTHORIZED: ErrorBody = ErrorBody::new(101, "unauthorized");
    /// The namespace is not configured.
    pub const UNKNOWN_CHANNEL: ErrorBody = ErrorBody::new(102, "unknown channel");
    /// The caller may not do this.
    pub const PERMISSION_DENIED: ErrorBody = ErrorBody::new(103, "permission denied");
    /// No such RPC method.
    pub const METHOD_NOT_FOUND: ErrorBody = ErrorBody::new(104, "method not found");
    /// The connection is subscribed to the channel.
    pub const ALREADY_SUBSCRIBED: ErrorBody = ErrorBody::new(105, "already subscribed");
    /// A limit of the connection is reached.
    pub const LIMIT_EXCEEDED: ErrorBody = ErrorBody::new(106, "limit exceeded");
    /// The command's parameters are wrong.
    pub const BAD_REQUEST: ErrorBody = ErrorBody::new(107, "bad request");
    /// The feature is off for this channel or server.
    pub const NOT_AVAILABLE: ErrorBody = ErrorBody::new(108, "not available");
    /// The token has expired: fetch a new one.
    pub const TOKEN_EXPIRED: ErrorBody = ErrorBody::new(109, "token expired");
    /// The connection or subscription has expired.
    pub const EXPIRED: ErrorBody = ErrorBody::new(110, "expired");
    /// Too many commands.
    pub const TOO_MANY_REQUESTS: ErrorBody = ErrorBody::temporary(111, "too many requests");
    /// The position cannot be recovered from.
    pub const UNRECOVERABLE_POSITION: ErrorBody = ErrorBody::new(112, "unrecoverable position");
    /// Another page of the same kind is being read.
    pub const CONCURRENT_PAGINATION: ErrorBody = ErrorBody::temporary(113, "concurrent pagination");
}

/// Why the server ended a subscription. Codes from 2500 on ask the client to subscribe again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsubscribed {
    /// Stable number.
    pub code: u32,
    /// Stable text.
    pub reason: &'static str,
}

/// The text beside a code that the platform chose itself.
const PLATFORM_DISCONNECTED: &str = "disconnected by the platform";

impl Unsubscribed {
    /// The server ended it for good.
    pub const SERVER: Self = Self { code: 2000, reason: "server unsubscribe" };
    /// Continuity was lost: subscribe again and recover.
    pub const INSUFFICIENT_STATE: Self = Self { code: 2500, reason: "insufficient state" };
    /// The subscription has expired.
    pub const EXPIRED: Self = Self { code: 2501, reason: "subscription expired" };
    /// Token and position no longer hold: drop both and subscribe again.
    pub const STATE_INVALIDATED: Self = Self { code: 2502, reason: "state invalidated" };

    /// Whether a client should subscribe again by itself.
    #[must_use]
    pub fn resubscribe(self) -> bool {
        self.code >= 2500
    }
}

/// Why the server closed a connection. Codes 3000–3499 ask the client to come back, 3500–3999 not to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Disconnect {
    /// WebSocket close code.
    pub code: u16,
    /// Plain text, at most 123 bytes.
    pub reason: &'static str,
}

macro_rules! disconnects {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $reason:literal;)+) => {
        impl Disconnect {
            $($(#[$doc])* pub const $name: Self = Self { code: $code, reason: $reason };)+

            const ALL: &[Self] = &[$(Self::$name),+];
        }
    };
}

disconnects! {
    /// The connection ended by itself.
    CONNECTION_CLOSED = 3000, "connection closed";
    /// The node is going down.
    SHUTDOWN = 3001, "shutdown";
    /// The server failed.
    INTERNAL = 3004, "internal server error";
    /// The credentials have expired.
    EXPIRED = 3005, "connection expired";
    /// A server-side subscription has expired.
    SUBSCRIPTION_EXPIRED = 3006, "subscription expired";
    /// The client reads too slowly.
    SLOW = 3008, "slow";
    /// The transport failed.
    WRITE_ERROR = 3009, "write error";
    /// Continuity of a server-side subscription was lost.
    INSUFFICIENT_STATE = 3010, "insufficient state";
    /// The server asks for a fresh connection.
    FORCE_RECONNECT = 3011, "force reconnect";
    /// No answer to a ping.
    NO_PONG = 3012, "no pong";
    /// Too many commands.
    TOO_MANY_REQUESTS = 3013, "too many requests";
    /// Tokens and positions no longer hold: drop them and connect again.
    STATE_INVALIDATED = 3014, "state invalidated";
    /// The token is forged or malformed.
    INVALID_TOKEN = 3500, "invalid token";
    /// The client broke the protocol.
    BAD_REQUEST = 3501, "bad request";
    /// No connect command in time.
    STALE = 3502, "stale";
    /// The server asks the client to stay away.
    FORCE_DISCONNECT = 3503, "force disconnect";
    /// Too many connections of this user or of all.
    CONNECTION_LIMIT = 3504, "connection limit";
    /// Too many channels on this connection.
    CHANNEL_LIMIT = 3505, "channel limit";
    /// The server does not serve this encoding or command.
    INAPPROPRIATE_PROTOCOL = 3506, "inappropriate protocol";
    /// The caller may not connect here.
    PERMISSION_DENIED = 3507, "permission denied";
    /// Nothing handles this command.
    NOT_AVAILABLE = 3508, "not available";
    /// Too many commands failed.
    TOO_MANY_ERRORS = 3509, "too many errors";
}

impl Disconnect {
    /// The disconnect with a code from 3000 to 4999, the codes that a close frame may carry for an application. None
    /// for other codes.
    #[must_use]
    pub fn with_code(code: u32) -> Option<Self> {
        let code = u16::try_from(code).ok().filter(|code| (3000..5000).contains(code))?;
        let known = Self::ALL.iter().copied().find(|known| known.code == code);
        Some(known.unwrap_or(Self { code, reason: PLATFORM_DISCONNECTED }))
    }

    /// Whether a client should come back by itself.
    #[must_use]
    pub fn reconnect(self) -> bool {
        !(3500..4000).contains(&self.code) && !(4500..5000).contains(&self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_may_use_known_codes_and_its_own() {
        assert_eq!(Disconnect::with_code(3503), Some(Disconnect::FORCE_DISCONNECT));
        assert_eq!(
            Disconnect::with_code(4001),
            Some(Disconnect { code: 4001, reason: "disconnected by the platform" })
        );
        for code in [0, 1000, 2999, 5000, 68_536, u32::MAX] {
            assert_eq!(Disconnect::with_code(code), None, "{code}");
        }
    }

    #[test]
    fn the_code_tells_whether_to_come_back() {
        for (code, back) in
            [(3000, true), (3499, true), (3500, false), (3999, false), (4000, true), (4499, true)]
        {
            assert_eq!(Disconnect::with_code(code).map(Disconnect::reconnect), Some(back), "{code}");
        }
        assert_eq!(Disconnect::with_code(4500).map(Disconnect::reconnect), Some(false));
        assert!(!Unsubscribed::SERVER.resubscribe());
        assert!(Unsubscribed::STATE_INVALIDATED.resubscribe());
    }

    #[test]
    fn every_reason_fits_a_close_frame_and_is_no_json() {
        for disconnect in Disconnect::ALL {
            assert!(disconnect.reason.len() <= 123);
            // The JavaScript SDK would read such a text as an object.
            assert!(!disconnect.reason.starts_with('{'));
        }
        let codes: std::collections::BTreeSet<_> = Disconnect::ALL.iter().map(|known| known.code).collect();
        assert_eq!(codes.len(), Disconnect::ALL.len());
    }
}
