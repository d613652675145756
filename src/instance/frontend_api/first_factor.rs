//! Showing who one is: a password, or a code that was sent.
//!
//! Comparing a password takes long, so it happens between two transactions. The second finds out whether the password
//! was changed in between.

use super::{
    caller::Caller,
    errors::{self, UNAUTHENTICATED, WRONG_STRATEGY},
    resources::{EMAIL_CODE, RESET_PASSWORD},
};
use crate::instance::{
    InstanceState,
    clerk_error::ClerkError,
    store::{Call, CallError, CodeCheck, EmailCode, Lockout, SignIn, User},
};

/// A password that was compared.
pub struct ComparedPassword {
    /// What it was compared with.
    hash: String,
    correct: bool,
}

impl ComparedPassword {
    /// Whether it was the right one when it was compared.
    pub const fn correct(&self) -> bool {
        self.correct
    }
}

impl InstanceState {
    /// Compares a password with that of the user whom `find` finds. A locked account costs nobody any work.
    pub async fn compare_password(
        &self,
        caller: &Caller,
        password: String,
        find: impl FnOnce(&mut Call<'_>) -> Result<String, CallError<ClerkError>> + Send + 'static,
    ) -> Result<ComparedPassword, ClerkError> {
        let find_hash = self.ask(caller, |call| {
            let user_id = find(call)?;
            refuse_locked(call, &user_id)?;
            Ok(call.password_hash(&user_id)?.filter(|hash| !hash.is_empty()).ok_or(WRONG_STRATEGY)?)
        });
        let hash = find_hash.await?;
        let correct = self.passwords.verify(password, Some(hash.clone())).await?;
        Ok(ComparedPassword { hash, correct })
    }
}

/// Lets go on who showed the password; counts a failure of who did not, and answers `wrong`.
pub fn accept_password(
    call: &Call<'_>,
    user_id: &str,
    password: &ComparedPassword,
    lockout: Lockout,
    wrong: ClerkError,
) -> Result<(), CallError<ClerkError>> {
    refuse_locked(call, user_id)?;
    if password.correct && call.password_hash(user_id)?.as_ref() == Some(&password.hash) {
        return Ok(call.forget_failures(user_id)?);
    }
    Err(fail(call, user_id, lockout)?.unwrap_or(wrong).into())
}

/// Lets go on who answered with the code that was sent, and notes that the address is theirs; counts a failure of who
/// did not.
pub fn accept_code(
    call: &Call<'_>,
    sign_in: &SignIn,
    strategy: &str,
    answer: &str,
    lockout: Lockout,
) -> Result<(), CallError<ClerkError>> {
    let user_id = sign_in.user_id.as_deref().ok_or(UNAUTHENTICATED)?;
    let code = check_answer(call, &sign_in.id, user_id, (strategy, answer), lockout)?;
    if let Some(code) = code {
        call.prove_email(user_id, &code.email_address, EMAIL_CODE)?;
    }
    Ok(())
}

/// The code that `owner_id` waits for, if it was answered; counts a failure of the user if it was not.
pub fn check_answer(
    call: &Call<'_>,
    owner_id: &str,
    user_id: &str,
    (strategy, answer): (&str, &str),
    lockout: Lockout,
) -> Result<Option<EmailCode>, CallError<ClerkError>> {
    refuse_locked(call, user_id)?;
    let code = call.code(owner_id)?;
    let check = call.check_code(owner_id, strategy, answer)?;
    if let Some(refusal) = errors::code(&check) {
        let locked = if check == CodeCheck::Wrong { fail(call, user_id, lockout)? } else { None };
        return Err(locked.unwrap_or(refusal).into());
    }
    call.forget_failures(user_id)?;
    Ok(code)
}

/// Sends a code to an address of the user who signs in.
pub fn send_code(
    call: &Call<'_>,
    sign_in: &SignIn,
    strategy: &str,
    choice: AddressChoice<'_>,
) -> Result<(), CallError<ClerkError>> {
    let user_id = sign_in.user_id.as_deref().ok_or(WRONG_STRATEGY)?;
    let user = call.user(user_id)?.ok_or(WRONG_STRATEGY)?;
    if strategy == RESET_PASSWORD && !user.password_enabled {
        return Err(WRONG_STRATEGY.into());
    }
    Ok(call.send_code(&sign_in.id, &address(call, &user, choice)?, strategy)?)
}

/// Where a code for a user goes, unless they are locked out.
pub fn address(call: &Call<'_>, user: &User, choice: AddressChoice<'_>) -> Result<String, CallError<ClerkError>> {
    refuse_locked(call, &user.id)?;
    let mut addresses = user.usable_addresses();
    let found = match choice {
        AddressChoice::Id(id) => addresses.find(|email| email.id == id),
        AddressChoice::Address(text) => addresses.find(|email| email.email_address == text),
        AddressChoice::Primary => addresses.next(),
    };
    let unknown = errors::param_value("email_address_id", "This account has no such address.");
    Ok(found.ok_or(unknown)?.email_address.clone())
}

/// Where a code goes.
#[derive(Clone, Copy)]
pub enum AddressChoice<'a> {
    /// The address with this id.
    Id(&'a str),
    /// This one, in lower case.
    Address(&'a str),
    /// The primary one.
    Primary,
}

/// After too many failures nobody goes on for a while.
pub fn refuse_locked(call: &Call<'_>, user_id: &str) -> Result<(), CallError<ClerkError>> {
    match call.locked_for(user_id)? {
        Some(left) => Err(errors::locked(left).into()),
        None => Ok(()),
    }
}

fn fail(call: &Call<'_>, user_id: &str, lockout: Lockout) -> Result<Option<ClerkError>, CallError<ClerkError>> {
    Ok(call.count_failure(user_id, lockout)?.map(errors::locked))
}
