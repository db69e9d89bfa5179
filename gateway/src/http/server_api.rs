//! The API for the platform's backend: `POST /api/<method>` with a key, which carries the school. One file per group of
//! methods.
//!
//! A call that can be read is answered with 200 and either its result or a numbered error, as the protocol's server
//! libraries expect; [`Problem`]s are for calls that cannot: no key, no JSON, too large.

mod answer;
pub mod batch;
mod call;
pub mod channels;
mod glob;
pub mod nodes;
pub mod publishing;
pub mod users;

pub use answer::{Answer, ApiError, Refusals};
pub use call::{Backend, Params, Refused};

use protocol::ErrorBody;
use serde::{Serialize, de::DeserializeOwned};

/// A method: its parameters, and what they lead to.
trait Method: DeserializeOwned + Send {
    /// What the method answers with.
    type Result: Serialize;

    /// Checks, then acts.
    ///
    /// # Errors
    /// 102, 103, 106, 107, 108 or 112 when it is refused and nothing was done; 100 when the broker failed.
    fn run(self, backend: &Backend) -> impl Future<Output = Result<Self::Result, ErrorBody>> + Send;
}

/// The result of methods that have none.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Empty {}
