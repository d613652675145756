//! Several domains, one session: a satellite asks the primary application, which answers (Clerk, "Satellite domains";
//! `@clerk/backend`, `tokens/request.ts`).

use http::HeaderMap;
use url::Url;

use super::{
    AuthErrorReason as Code, AuthenticateError, Clerk, Domains, RequestState,
    constants::{DEV_BROWSER, SATELLITE_RETURN, SYNCED},
    context::AuthenticateContext,
    handshake::send_to,
    query::set,
};

impl Clerk {
    /// What the domains have to settle before cookies count; none where there is nothing.
    pub(super) fn synchronise_domains(
        &self,
        context: &AuthenticateContext<'_>,
    ) -> Result<Option<RequestState>, AuthenticateError> {
        match &self.options.domains {
            Domains::Single => Ok(None),
            Domains::Primary => Ok(self.answer_satellite(context)),
            Domains::Satellite { auto_sync, .. } => self.ask_primary(context, *auto_sync),
        }
    }

    /// A satellite cannot send people to itself to sign in.
    pub(super) fn check_satellite(&self, context: &AuthenticateContext<'_>) -> Result<(), AuthenticateError> {
        let sign_in = self.options.sign_in_url.as_ref().filter(|_| self.options.domains.is_satellite());
        match (sign_in, context.origin()) {
            (Some(sign_in), Some(origin)) if sign_in.origin() == origin => Err(AuthenticateError::SatelliteSignInUrl),
            _ => Ok(()),
        }
    }

    fn ask_primary(
        &self,
        context: &AuthenticateContext<'_>,
        auto_sync: bool,
    ) -> Result<Option<RequestState>, AuthenticateError> {
        let synced = context.query(SYNCED);
        if !context.is_navigation() || synced.as_deref() == Some("true") {
            return Ok(None);
        }
        let (must_sync, has_cookies) =
            (synced.as_deref() == Some("false"), context.cookie_token.is_some() || context.client_uat > 0);
        if !must_sync && has_cookies {
            return Ok(None);
        }
        if !must_sync && !auto_sync {
            return Ok(Some(RequestState::signed_out(Code::SessionTokenAndUatMissing, HeaderMap::new())));
        }
        if !self.options.is_development() {
            return Ok(Some(self.handshake_or_signed_out(context, Code::SatelliteNeedsSyncing)));
        }
        let mut location = self.options.sign_in_url.clone().ok_or(AuthenticateError::SatelliteSignInUrl)?;
        location.query_pairs_mut().append_pair(SATELLITE_RETURN, context.url.as_str());
        Ok(Some(send_to(&location, context, Code::SatelliteNeedsSyncing.into())))
    }

    /// In development no cookie is shared, so the primary tells the satellite who the browser is.
    fn answer_satellite(&self, context: &AuthenticateContext<'_>) -> Option<RequestState> {
        let target = context.query(SATELLITE_RETURN).filter(|_| self.options.is_development())?;
        let mut target = Url::parse(&target).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        if let Some(dev_browser) = &context.dev_browser {
            target.query_pairs_mut().append_pair(DEV_BROWSER, dev_browser);
        }
        set(&mut target, SYNCED, "true");
        Some(send_to(&target, context, Code::PrimaryRespondsToSyncing.into()))
    }
}
