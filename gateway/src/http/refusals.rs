//! How requests for records are refused, as the API's description has it.

use std::collections::BTreeMap;
use utoipa::{
    IntoResponses,
    openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder},
};

/// Of requests that read.
pub struct Reading;
/// Of requests that make something.
pub struct Making;
/// Of requests that change a version.
pub struct Changing;
/// Of requests that write to others, who are not to be flooded.
pub struct Writing;

impl IntoResponses for Reading {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[400, 401, 403, 404, 409])
    }
}

impl IntoResponses for Making {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[400, 401, 403, 404, 409, 415, 422])
    }
}

impl IntoResponses for Changing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[400, 401, 403, 404, 409, 415, 422, 428])
    }
}

impl IntoResponses for Writing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[400, 401, 403, 404, 409, 415, 422, 429, 503])
    }
}

fn problems(statuses: &[u16]) -> BTreeMap<String, RefOr<Response>> {
    let content = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let problem = || ResponseBuilder::new().content("application/problem+json", content()).build();
    statuses.iter().map(|status| (status.to_string(), RefOr::T(problem()))).collect()
}
