//! `OTEL_*`: where traces are sent.

use std::{collections::HashMap, fmt};

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use url::Url;

use super::{ConfigError, Variables};

const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";

/// Where traces are sent, and as whose.
#[derive(Clone)]
pub struct TraceExport {
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, and the path of traces behind it.
    pub url: Url,
    /// `OTEL_EXPORTER_OTLP_HEADERS`: what the collector asks for.
    pub headers: HashMap<String, SecretString>,
    /// `OTEL_SERVICE_NAME`. Default `gatehouse`.
    pub service_name: String,
}

impl fmt::Debug for TraceExport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TraceExport({})", self.url)
    }
}

impl TraceExport {
    /// None if traces are sent nowhere.
    pub(super) fn read(variables: &Variables) -> Result<Option<Self>, ConfigError> {
        let expected = "the URL of an OTLP collector, such as http://localhost:4318";
        let Some(mut url) = variables.http_url("OTEL_EXPORTER_OTLP_ENDPOINT", expected)? else { return Ok(None) };
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["v1", "traces"]);
        }
        let headers = variables.get(HEADERS).unwrap_or_default();
        let headers = headers.split(',').filter(|header| !header.trim().is_empty()).map(header);
        Ok(Some(Self {
            url,
            headers: headers.collect::<Option<_>>().ok_or_else(|| {
                variables.error(HEADERS, "names and values, such as api-key=value,other=value (values percent-encoded)")
            })?,
            service_name: variables.get("OTEL_SERVICE_NAME").unwrap_or(env!("CARGO_PKG_NAME")).to_owned(),
        }))
    }
}

fn header(text: &str) -> Option<(String, SecretString)> {
    let (name, value) = text.split_once('=')?;
    let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
    axum::http::HeaderName::try_from(name.trim()).ok()?;
    axum::http::HeaderValue::try_from(value.as_ref()).ok()?;
    Some((name.trim().to_owned(), value.as_ref().into()))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<TraceExport>, ConfigError> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        TraceExport::read(&variables.collect())
    }

    #[test]
    fn traces_go_behind_the_collectors_address() {
        assert!(read(&[(HEADERS, "a=b")]).unwrap().is_none());
        for endpoint in ["http://localhost:4318", "http://localhost:4318/"] {
            let export = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]).unwrap().unwrap();
            assert_eq!(
                (export.url.as_str(), export.service_name.as_str()),
                ("http://localhost:4318/v1/traces", "gatehouse")
            );
        }
    }

    #[test]
    fn headers_are_read_and_never_shown() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otlp.example.com/base");
        let export = read(&[endpoint, (HEADERS, "x-key=a%20secret, other=b"), ("OTEL_SERVICE_NAME", "edge")]);
        let export = export.unwrap().unwrap();
        assert_eq!(export.headers["x-key"].expose_secret(), "a secret");
        assert_eq!(export.headers["other"].expose_secret(), "b");
        assert_eq!(format!("{export:?}"), "TraceExport(https://otlp.example.com/base/v1/traces)");
        for headers in ["secret", "bad name=a", "a=%00"] {
            let error = read(&[endpoint, (HEADERS, headers)]).unwrap_err().to_string();
            assert!(error.contains(HEADERS) && !error.contains(headers), "{error}");
        }
    }
}
