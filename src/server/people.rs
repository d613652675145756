//! Who is signed in, as pages name them: asked of the Backend API, remembered for half a minute, and never waited for long.
//! Without an answer there is the user's id, which the session token says.
//!
//! A picture is shown if this origin serves it, as the embedded Clerk does. Those of a hosted Clerk come from
//! `img.clerk.com`: showing them would open the page's policy to another origin, which then learns of every visit. Initials
//! tell nobody.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use moka::sync::Cache;
use tokio::time::timeout;
use url::{Origin, Url};

use crate::{
    clerk::{
        BackendError, Clerk, SignedIn,
        backend::{Organization, User},
    },
    model::Person,
};

/// The page is made meanwhile, and shown without a name after that.
const WAIT: Duration = Duration::from_secs(2);
/// How long a name is believed that something else may have changed.
const LIFETIME: Duration = Duration::from_secs(30);
/// How long nobody asks again after a failure.
const PAUSE: Duration = Duration::from_secs(5);
const CAPACITY: u64 = 10_000;

/// What is known of users and organizations.
pub struct People {
    users: Memory<Person>,
    organizations: Memory<String>,
    origin: Origin,
}

impl People {
    /// Nobody is known yet to the application at `public_url`.
    #[must_use]
    pub fn new(public_url: &Url) -> Self {
        Self { users: Memory::new(WAIT), organizations: Memory::new(WAIT), origin: public_url.origin() }
    }

    /// The signed-in user and the name of the organization that is active in the session, asked for while `work` is done.
    pub async fn named_beside<T>(
        &self,
        work: impl Future<Output = T>,
        user: &SignedIn,
        clerk: &Clerk,
        now: Duration,
    ) -> (T, Option<Person>, Option<String>) {
        let person = async {
            let (users, id) = (clerk.backend().users(), user.user_id());
            self.users.recall(id, now, async { users.get_user(id).await.map(|user| self.person(user)) }).await
        };
        let organization = async {
            let active = user.organization()?;
            let organizations = clerk.backend().organizations();
            let name = async { organizations.get_organization(&active.id).await.map(|Organization { name, .. }| name) };
            Some(self.organizations.recall(&active.id, now, name).await.or(active.slug).unwrap_or(active.id))
        };
        tokio::join!(work, person, organization)
    }

    /// Something changed of this user: the next page asks again.
    pub fn forget(&self, user_id: &str) {
        self.users.forget(user_id);
    }

    fn person(&self, user: User) -> Person {
        let email = user.primary_email_address().map(|email| email.email_address.clone());
        let names = [user.first_name, user.last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let is_own = |url: &String| Url::parse(url).is_ok_and(|url| url.origin() == self.origin);
        Person {
            name: Some(names.trim().to_owned()).filter(|name| !name.is_empty()).or(user.username),
            email,
            picture: user.image_url.filter(|url| user.has_image && is_own(url)),
        }
    }
}

/// Answers of the Backend API, by what they are about.
struct Memory<T> {
    /// How long to wait for one.
    wait: Duration,
    answers: Cache<String, Answer<T>>,
    /// How often something was forgotten: what was asked for before that is not kept.
    forgotten: AtomicU64,
}

#[derive(Clone)]
struct Answer<T> {
    /// None after a failure.
    value: Option<T>,
    until: Duration,
}

impl<T: Clone + Send + Sync + 'static> Memory<T> {
    fn new(wait: Duration) -> Self {
        Self { wait, answers: Cache::new(CAPACITY), forgotten: AtomicU64::new(0) }
    }

    /// What is remembered at `now`, or else what `ask` answers in time.
    async fn recall(&self, id: &str, now: Duration, ask: impl Future<Output = Result<T, BackendError>>) -> Option<T> {
        // What would be good for longer than that was written by a clock that was set back since.
        let counts = |answer: &Answer<T>| answer.until > now && answer.until - now <= LIFETIME;
        if let Some(answer) = self.answers.get(id).filter(counts) {
            return answer.value;
        }
        let forgotten = self.forgotten.load(Ordering::SeqCst);
        let value = match timeout(self.wait, ask).await {
            Ok(Ok(value)) => Some(value),
            Ok(Err(error)) => {
                tracing::warn!(id, %error, "Clerk does not say who this is");
                None
            }
            Err(_) => {
                tracing::warn!(id, "Clerk does not say in time who this is");
                None
            }
        };
        let until = now.saturating_add(if value.is_some() { LIFETIME } else { PAUSE });
        self.answers.insert(id.to_owned(), Answer { value: value.clone(), until });
        // Looked at after it was kept: whoever forgets from now on finds it there.
        if self.forgotten.load(Ordering::SeqCst) != forgotten {
            self.answers.invalidate(id);
        }
        value
    }

    fn forget(&self, id: &str) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.answers.invalidate(id);
    }
}

#[cfg(test)]
#[path = "people_tests.rs"]
mod tests;
