//! Numbers and names, in words.

/// A duration in microseconds, as people read it.
pub fn duration(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..100_000 => format!("{}.{} ms", micros / 1_000, micros / 100 % 10),
        _ => format!("{} ms", micros / 1_000),
    }
}

/// How many there are of something.
pub fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// What a cookie is for, if it is one of Clerk's or ours.
pub fn cookie(name: &str) -> &'static str {
    let family = |prefix: &str| name == prefix || name.starts_with(&format!("{prefix}_"));
    if family("__session") {
        "the session token"
    } else if family("__client_uat") {
        "when this browser last signed in or out"
    } else if family("__client") {
        "names this browser to Clerk"
    } else if family("__refresh") {
        "renews an expired session token"
    } else if family("__clerk_db_jwt") {
        "names this browser to a development instance"
    } else if family("__clerk_redirect_count") {
        "stops redirects that lead nowhere"
    } else if name == "theme" {
        "light or dark, chosen below"
    } else {
        "not read here"
    }
}

/// What a parameter of a token's header means (RFC 7515, section 4.1).
pub fn parameter(name: &str) -> &'static str {
    match name {
        "alg" => "How it is signed. Anything but the expected algorithm is refused.",
        "kid" => "Which of Clerk's keys signed it.",
        "typ" => "What it is.",
        "cat" => "Clerk's class of token.",
        _ => "",
    }
}

/// What a claim means (RFC 7519, section 4.1; Clerk, "Session tokens").
pub fn claim(name: &str) -> &'static str {
    match name {
        "iss" => "Issuer: whose keys must have signed it.",
        "sub" => "Subject: the user.",
        "sid" => "The session.",
        "azp" => "Authorized party: the origin it was made for.",
        "aud" => "Audience: who it is meant for.",
        "exp" => "Expires, in seconds since 1970.",
        "nbf" => "Not valid before this.",
        "iat" => "Issued.",
        "jti" => "Names this one token.",
        "v" => "Version of Clerk's claims.",
        "sts" => "Whether the session is active or still pending.",
        "fva" => "Minutes since each factor was verified; -1 for none.",
        "act" => "Who acts in the user's name.",
        "o" => "The active organization.",
        "org_id" | "org_slug" | "org_role" | "org_permissions" => "About the active organization.",
        "pla" => "Plans.",
        "fea" => "Features.",
        _ => "Added by this application's settings.",
    }
}
