//! What every request must pass: it names this server, and nothing that another site's page sends may change anything.
//! And what every answer says to the browser.

use super::answer::Problem;
use super::hosts;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Everything that the page may load comes from this server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
                      connect-src 'self'; base-uri 'none'";

/// * `port`: the server's.
pub async fn guard(State(port): State<u16>, request: Request, next: Next) -> Response {
    let mut response = match check(&request, port) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn check(request: &Request, port: u16) -> Result<(), Problem> {
    let refuse = |error: &str| Err(Problem::new(StatusCode::FORBIDDEN, error));
    let headers = request.headers();
    // A site's name that leads to 127.0.0.1 is not this server's (DNS rebinding).
    let Some(host) = only(headers, &header::HOST) else {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "the request must have one Host header"));
    };
    let allowed = hosts(port);
    let is_ours = |name: &str| allowed.iter().any(|host| host.eq_ignore_ascii_case(name));
    if !is_ours(host) || request.uri().authority().is_some_and(|name| !is_ours(name.as_str())) {
        return refuse("this server answers to 127.0.0.1, localhost and [::1] with its port only");
    }
    let from_page = match only(headers, &header::ORIGIN) {
        Some(origin) => {
            origin.strip_prefix("http://").is_some_and(|origin| origin.eq_ignore_ascii_case(host))
        }
        // A program that is no browser has none.
        None => !headers.contains_key(header::ORIGIN),
    };
    let changes = ![Method::GET, Method::HEAD].contains(request.method());
    if changes && !from_page {
        return refuse("a page of another origin must not change anything");
    }
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if site.is_some_and(|site| ![&b"same-origin"[..], b"none"].contains(&site))
        && (changes || request.uri().path().starts_with("/api/"))
    {
        return refuse("only this server's own page may call its interface from a browser");
    }
    Ok(())
}

/// A header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}
