//! What comes of an identity that a browser brought back from a provider.
//!
//! An account belongs to whoever signs in with the identity already. A verified address alone links a new identity to an
//! account, and only where both sides know that it is theirs: the provider, and this instance. Otherwise whoever
//! registers somebody's address first, here or there, would get into their account.

use super::{
    resources::EMAIL_CODE,
    sign_ins::let_in,
    sign_ups::{advance, create_user_of},
};
use crate::instance::{
    clerk_error::ClerkError,
    social::{ExternalError, Identity},
    store::{Call, CallError, ExternalStatus, ExternalVerification, Purpose, SignIn, SignInStatus, SignUp},
};

/// How it went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landing {
    /// Nothing is left to do.
    Complete,
    /// The page that the browser came from knows how to go on.
    Continue,
    /// It did not.
    Failed(ExternalError),
}

/// Whose an identity is.
enum Owner {
    Nobody,
    /// This user signs in with it.
    Known(String),
    /// This user does not yet, but both sides know that its address is theirs.
    Linkable(String),
    /// This user has its address, but not both sides know that it is theirs.
    Claimed(String),
}

type Settled = Result<Landing, CallError<ClerkError>>;

/// Settles what a browser was sent to a provider for.
pub fn settle(
    call: &mut Call<'_>,
    external: ExternalVerification,
    found: Result<Identity, ExternalError>,
    user_agent: &str,
) -> Settled {
    let identity = match found {
        Ok(identity) => identity,
        Err(error) => return fail(call, external, error),
    };
    match external.purpose {
        Purpose::SignIn => {
            let sign_in = call.sign_in(&external.owner_id)?;
            match sign_in.filter(|sign_in| sign_in.status == SignInStatus::NeedsIdentifier) {
                Some(_) if call.session()?.is_some() => fail(call, external, ExternalError::SessionExists),
                Some(sign_in) => settle_sign_in(call, external, identity, sign_in, user_agent),
                None => fail(call, external, ExternalError::Superseded),
            }
        }
        Purpose::SignUp => {
            let sign_up = call.sign_up(&external.owner_id)?;
            match sign_up.filter(|sign_up| sign_up.created_user_id.is_none()) {
                Some(_) if call.session()?.is_some() => fail(call, external, ExternalError::SessionExists),
                Some(sign_up) => settle_sign_up(call, external, identity, sign_up, user_agent),
                None => fail(call, external, ExternalError::Superseded),
            }
        }
        Purpose::Connect => connect(call, external, &identity),
        Purpose::Portal => settle_at_portal(call, external, &identity, user_agent),
    }
}

/// A sign-in goes on with an identity: it is done, or waits for a password or a code, or a sign-up must go on instead.
pub fn settle_sign_in(
    call: &mut Call<'_>,
    mut external: ExternalVerification,
    identity: Identity,
    mut sign_in: SignIn,
    user_agent: &str,
) -> Settled {
    sign_in.identifier.clone_from(&identity.email);
    match owner(call, &identity)? {
        Owner::Nobody => {
            (external.status, external.error) = (ExternalStatus::Transferable, Some(ExternalError::NotFound));
            external.identity = Some(identity);
            call.save_external(&external)?;
            Ok(Landing::Continue)
        }
        Owner::Claimed(user_id) => {
            sign_in.user_id = Some(user_id);
            sign_in.status = SignInStatus::NeedsFirstFactor;
            call.save_sign_in(&sign_in)?;
            call.forget_external()?;
            Ok(Landing::Continue)
        }
        Owner::Known(user_id) | Owner::Linkable(user_id) => {
            if let Some(error) = admit(call, &user_id, &identity)? {
                return fail(call, external, error);
            }
            sign_in.user_id = Some(user_id);
            let_in(call, sign_in, &external.strategy, user_agent)?;
            call.forget_external()?;
            Ok(Landing::Complete)
        }
    }
}

/// A sign-up is done with an identity, or something is missing, or a sign-in must go on instead.
fn settle_sign_up(
    call: &mut Call<'_>,
    external: ExternalVerification,
    identity: Identity,
    sign_up: SignUp,
    user_agent: &str,
) -> Settled {
    let Some(sign_up) = identify_sign_up(call, external, identity, sign_up)? else { return Ok(Landing::Continue) };
    let sign_up = advance(call, sign_up, user_agent)?;
    Ok(if sign_up.created_user_id.is_some() { Landing::Complete } else { Landing::Continue })
}

/// A sign-up goes on with an identity, and has what is known of it. None if somebody has an account with it: then a
/// sign-in must go on instead.
pub fn identify_sign_up(
    call: &Call<'_>,
    mut external: ExternalVerification,
    identity: Identity,
    mut sign_up: SignUp,
) -> Result<Option<SignUp>, CallError<ClerkError>> {
    let nobodys = matches!(owner(call, &identity)?, Owner::Nobody);
    external.error = (!nobodys).then_some(ExternalError::Exists);
    external.status = if nobodys { ExternalStatus::Verified } else { ExternalStatus::Transferable };
    external.identity = Some(identity.clone());
    call.save_external(&external)?;
    if !nobodys {
        return Ok(None);
    }
    if sign_up.email_address.is_none() {
        sign_up.email_address = identity.email;
        sign_up.email_verified = identity.email_verified;
    }
    if sign_up.first_name.is_empty() && sign_up.last_name.is_empty() {
        (sign_up.first_name, sign_up.last_name) = (identity.first_name, identity.last_name);
    }
    Ok(Some(sign_up))
}

fn connect(call: &Call<'_>, external: ExternalVerification, identity: &Identity) -> Settled {
    if !is_session_of(call, &external.owner_id)? {
        return fail(call, external, ExternalError::SignedOut);
    }
    match call.owner_of_identity(identity)? {
        Some(user_id) if user_id != external.owner_id => return fail(call, external, ExternalError::Claimed),
        Some(_) => {}
        None => {
            call.add_external_account(&external.owner_id, identity)?;
            tracing::info!(user.id = external.owner_id, strategy = external.strategy, "account connected");
        }
    }
    call.forget_external()?;
    Ok(Landing::Complete)
}

/// The portal signs in and up at once.
fn settle_at_portal(
    call: &mut Call<'_>,
    external: ExternalVerification,
    identity: &Identity,
    user_agent: &str,
) -> Settled {
    let user_id = match (owner(call, identity)?, &identity.email) {
        (Owner::Known(user_id) | Owner::Linkable(user_id), _) => match admit(call, &user_id, identity)? {
            Some(error) => return fail(call, external, error),
            None => user_id,
        },
        (Owner::Claimed(_), _) => return fail(call, external, ExternalError::AddressTaken),
        (Owner::Nobody, None) => return fail(call, external, ExternalError::NoEmail),
        (Owner::Nobody, Some(email)) => {
            let sign_up = SignUp {
                email_address: Some(email.clone()),
                email_verified: identity.email_verified,
                first_name: identity.first_name.clone(),
                last_name: identity.last_name.clone(),
                ..SignUp::default()
            };
            create_user_of(call, &sign_up, email, Some(identity))?
        }
    };
    let session = call.start_session(&user_id, user_agent)?;
    tracing::info!(user.id = user_id, session.id = session.id, strategy = external.strategy, "signed in");
    call.forget_external()?;
    Ok(Landing::Complete)
}

fn owner(call: &Call<'_>, identity: &Identity) -> Result<Owner, CallError<ClerkError>> {
    if let Some(user_id) = call.owner_of_identity(identity)? {
        return Ok(Owner::Known(user_id));
    }
    let Some(email) = &identity.email else { return Ok(Owner::Nobody) };
    let Some(user_id) = call.owner_of_email(email)? else { return Ok(Owner::Nobody) };
    let both_know = identity.email_verified && call.is_verified_email(email)?;
    Ok(if both_know { Owner::Linkable(user_id) } else { Owner::Claimed(user_id) })
}

/// Makes sure that a user may sign in, and does so with this identity from now on. Returns why not.
fn admit(call: &Call<'_>, user_id: &str, identity: &Identity) -> Result<Option<ExternalError>, CallError<ClerkError>> {
    if call.user(user_id)?.is_none_or(|user| user.banned) {
        return Ok(Some(ExternalError::Banned));
    }
    if call.locked_for(user_id)?.is_some() {
        return Ok(Some(ExternalError::Locked));
    }
    if call.owner_of_identity(identity)?.is_none() {
        call.add_external_account(user_id, identity)?;
        tracing::info!(user.id = user_id, strategy = identity.strategy, "account connected: both know its address");
    }
    Ok(None)
}

/// Whether the browser's session is this user's.
fn is_session_of(call: &Call<'_>, user_id: &str) -> rusqlite::Result<bool> {
    Ok(call.session()?.is_some_and(|(_, user)| user.id == user_id))
}

fn fail(call: &Call<'_>, mut external: ExternalVerification, error: ExternalError) -> Settled {
    (external.status, external.error) = (ExternalStatus::Failed, Some(error));
    call.save_external(&external)?;
    if external.purpose == Purpose::Connect && is_session_of(call, &external.owner_id)? {
        call.note_failed_connection(&external.owner_id, &external.strategy, error)?;
    }
    Ok(Landing::Failed(error))
}

/// How an address counts as verified that a sign-up has: by the identity that brought it, or by a code.
pub fn email_strategy(identity: Option<&Identity>, email: &str) -> String {
    let vouched = identity.filter(|identity| identity.email_verified && identity.email.as_deref() == Some(email));
    vouched.map_or_else(|| EMAIL_CODE.to_owned(), Identity::email_strategy)
}
