//! Writing a seed: what is missing, by id. What is there is never changed.

use std::time::Duration;

use rusqlite::{Transaction, params};
use secrecy::ExposeSecret;

use super::{
    StoreError, accounts, jwt_templates, memberships,
    organizations::{self, NewOrganization, text},
    roles, users,
};
use crate::instance::{
    password::PasswordHasher,
    seed::{Member, Organization, Person, Seed},
};

/// Writes all of a seed that is missing.
pub(super) fn write(
    transaction: &Transaction<'_>,
    seed: &Seed,
    passwords: &PasswordHasher,
    now: Duration,
) -> Result<(), StoreError> {
    write_roles(transaction, seed)?;
    for user in &seed.users {
        write_user(transaction, user, passwords, now)?;
    }
    write_templates(transaction, seed, now)?;
    write_organizations(transaction, seed, now)
}

/// Writes the roles that are missing.
pub(super) fn write_roles(transaction: &Transaction<'_>, seed: &Seed) -> rusqlite::Result<()> {
    seed.roles.iter().try_for_each(|role| roles::insert_if_missing(transaction, role))
}

/// Writes the JWT templates that are missing.
pub(super) fn write_templates(transaction: &Transaction<'_>, seed: &Seed, now: Duration) -> Result<(), StoreError> {
    for template in &seed.jwt_templates {
        let written = jwt_templates::insert_if_missing(transaction, &template.id, &template.content, now)?;
        if !written {
            return Err(taken("JWT template", &template.content.name, "name"));
        }
    }
    Ok(())
}

/// Writes the organizations that are missing, with those of their members who are there.
pub(super) fn write_organizations(transaction: &Transaction<'_>, seed: &Seed, now: Duration) -> Result<(), StoreError> {
    for organization in &seed.organizations {
        if organizations::organization(transaction, &organization.id)?.is_none() {
            let made = organizations::create(transaction, new_organization(organization), now)?;
            made.map_err(|_| taken("organization", &organization.name, "slug"))?;
        }
        for Member { user_id, role } in &organization.members {
            // Whoever is a member already stays what they are, and nobody can join who is not there.
            let _refused = memberships::create(transaction, &organization.id, user_id, role, now)?;
        }
    }
    Ok(())
}

fn write_user(
    transaction: &Transaction<'_>,
    user: &Person,
    passwords: &PasswordHasher,
    now: Duration,
) -> Result<(), StoreError> {
    if users::exists(transaction, &user.id)? {
        return Ok(());
    }
    if accounts::owner_of_email(transaction, &user.email)?.is_some() {
        return Err(taken("user", &user.id, "email address"));
    }
    let hash = passwords.hash_blocking(user.password.expose_secret())?;
    accounts::insert_seed(transaction, user, hash, now)?;
    transaction.execute(
        "UPDATE users SET private_metadata = ?2 WHERE id = ?1",
        params![user.id, text(&user.private_metadata)],
    )?;
    Ok(())
}

fn new_organization(organization: &Organization) -> NewOrganization {
    NewOrganization {
        id: Some(organization.id.clone()),
        name: organization.name.clone(),
        slug: Some(organization.slug.clone()),
        max_allowed_memberships: organization.max_allowed_memberships,
        public_metadata: organization.public_metadata.clone(),
        private_metadata: organization.private_metadata.clone(),
        created_by: None,
    }
}

fn taken(what: &'static str, which: &str, field: &'static str) -> StoreError {
    StoreError::SeedTaken { what, which: which.to_owned(), field }
}
