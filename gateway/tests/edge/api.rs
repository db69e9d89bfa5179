//! The API's description against the API.

use crate::harness::{Server, json_of};
use gateway::http::openapi;
use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn the_description_changes_only_on_purpose() {
    insta::assert_json_snapshot!("openapi", openapi::document());
}

#[tokio::test]
async fn every_described_operation_exists() {
    let server = Server::demo().await;
    let document = json_of(server.get("/api/v1/openapi.json"), 200).await;
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let path = path
                .replace("{id}", "0198a000-0000-7000-8000-000000000000")
                .replace("{version}", "1")
                .replace("{seq}", "1")
                .replace("{emoji}", "%F0%9F%91%8D");
            let path = ["{category}", "{item}", "{student}", "{person}"]
                .iter()
                .fold(path, |path, name| path.replace(name, "0198a000-0000-7000-8000-000000000000"));
            let response = server.request(method.clone(), &path).send().await.unwrap();
            let status = response.status().as_u16();
            let body: Value = response.json().await.unwrap_or_default();
            // Routes answer for themselves: nobody is signed in, or the body is missing.
            assert!(status != 405, "{method} {path}");
            assert!(body["detail"] != "nothing is here; check the address", "{method} {path}");
            operations += 1;
        }
    }
    assert_eq!(operations, 143);
}

#[test]
fn every_operation_that_wants_a_token_says_so() {
    let document = serde_json::to_value(openapi::document()).unwrap();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let protected = operation["responses"].get("401").is_some() && path != "/api/v1/demo/session";
            assert_eq!(operation.get("security").is_some(), protected, "{method} {path}");
            assert!(
                operation["summary"].is_string() || operation["description"].is_string(),
                "{method} {path}"
            );
        }
    }
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let document = serde_json::to_value(openapi::document()).unwrap();
    let mut names = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            let name = operation["operationId"].as_str().unwrap().to_owned();
            assert!(names.insert(name.clone()), "{path}: {name} is taken");
        }
    }
}
