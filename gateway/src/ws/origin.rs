//! Which pages may open sockets.

use axum::http::{HeaderMap, Uri, header};

/// Origins that may connect: the server's own, and those that the operator allows.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    allowed: Vec<String>,
}

impl Origins {
    /// The server's own origin and `allowed` ones, such as `https://learn.example`.
    #[must_use]
    pub fn new(allowed: &[String]) -> Self {
        let allowed =
            allowed.iter().map(|origin| origin.trim_end_matches('/').to_ascii_lowercase()).collect();
        Self { allowed }
    }

    /// Whether a request may become a socket. Requests without an origin come from no page and are allowed: their
    /// sender could claim any.
    #[must_use]
    pub fn allow(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(header::ORIGIN).into_iter();
        let (Some(origin), None) = (origins.next(), origins.next()) else {
            return headers.get(header::ORIGIN).is_none();
        };
        let Ok(origin) = origin.to_str().map(str::to_ascii_lowercase) else {
            return false;
        };
        let same_host = || {
            let host =
                headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_ascii_lowercase);
            let uri = origin.parse::<Uri>().ok();
            let authority =
                uri.as_ref().and_then(Uri::authority).map(|authority| authority.as_str().to_owned());
            matches!(uri.as_ref().and_then(Uri::scheme_str), Some("http" | "https"))
                && host.is_some()
                && host == authority
        };
        self.allowed.contains(&origin) || same_host()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn allowed(origins: &Origins, origin: &[&str], host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        for origin in origin {
            headers.append(header::ORIGIN, origin.parse().unwrap());
        }
        origins.allow(&headers)
    }

    #[test]
    fn only_own_and_allowed_pages_connect() {
        let origins = Origins::new(&["https://Learn.example/".to_owned()]);
        assert!(allowed(&origins, &[], "bell.example"));
        assert!(allowed(&origins, &["https://bell.example"], "bell.example"));
        assert!(allowed(&origins, &["http://localhost:8000"], "localhost:8000"));
        assert!(allowed(&origins, &["https://learn.example"], "bell.example"));
        for foreign in [
            "https://evil.example",
            "null",
            "",
            "https://bell.example.evil.example",
            "https://bell.example:8443",
            "https://learn.example@evil.example",
            "file://bell.example",
        ] {
            assert!(!allowed(&origins, &[foreign], "bell.example"), "{foreign}");
        }
        assert!(!allowed(&origins, &["https://bell.example", "https://evil.example"], "bell.example"));
    }
}
