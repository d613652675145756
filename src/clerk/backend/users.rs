//! `/v1/users` (`@clerk/backend`, `api/endpoints/UserApi.ts`).

use serde::Deserialize;

use super::{
    BackendError, CreateUser, OrganizationMembership, Page, Paging, UpdateUser, User, UserListParams, UserMetadata,
    call::{Body, Call},
    transport::Transport,
};

/// The calls about users.
#[derive(Debug, Clone, Copy)]
pub struct UserApi<'a>(pub(super) &'a Transport);

#[derive(Deserialize)]
struct TotalCount {
    total_count: u64,
}

impl UserApi<'_> {
    /// One user.
    ///
    /// # Errors
    /// [`BackendError`]; [`BackendError::is_not_found`] if there is no such user.
    pub async fn get_user(&self, user_id: &str) -> Result<User, BackendError> {
        self.0.json(Call::get(&["users", user_id])).await
    }

    /// A page of users. Clerk counts them in a call of its own, made at the same time, so a user who comes or goes in
    /// between may make the two disagree.
    ///
    /// # Errors
    /// [`BackendError`], of whichever call failed first.
    pub async fn get_user_list(&self, params: &UserListParams) -> Result<Page<User>, BackendError> {
        let list = self.0.json::<Page<User>>(Call::get(&["users"]).query(params.list_query()));
        let (list, total_count) = tokio::try_join!(list, self.get_count(params))?;
        Ok(Page { total_count, ..list })
    }

    /// How many users there are.
    ///
    /// # Errors
    /// [`BackendError`]
    pub async fn get_count(&self, params: &UserListParams) -> Result<u64, BackendError> {
        let count: TotalCount = self.0.json(Call::get(&["users", "count"]).query(params.count_query())).await?;
        Ok(count.total_count)
    }

    /// Makes a user.
    ///
    /// # Errors
    /// [`BackendError`]; its codes say what is wrong with the user.
    pub async fn create_user(&self, user: &CreateUser) -> Result<User, BackendError> {
        self.0.json(Call::post(&["users"]).body(user.body())).await
    }

    /// Changes what is given of a user, and returns all of it.
    ///
    /// # Errors
    /// [`BackendError`]; its codes say what is wrong with the change.
    pub async fn update_user(&self, user_id: &str, change: &UpdateUser) -> Result<User, BackendError> {
        self.0.json(Call::patch(&["users", user_id]).body(change.body())).await
    }

    /// Merges into a user's metadata, at every level; `null` removes a key.
    ///
    /// # Errors
    /// [`BackendError`]; [`BackendError::is_not_found`] if there is no such user.
    pub async fn update_user_metadata(&self, user_id: &str, metadata: &UserMetadata) -> Result<User, BackendError> {
        self.0.json(Call::patch(&["users", user_id, "metadata"]).body(metadata.add_to(Body::default()))).await
    }

    /// Ends a user's sessions and forbids signing in.
    ///
    /// # Errors
    /// [`BackendError`]; [`BackendError::is_not_found`] if there is no such user.
    pub async fn ban_user(&self, user_id: &str) -> Result<User, BackendError> {
        self.0.json(Call::post(&["users", user_id, "ban"])).await
    }

    /// Lets a user sign in again.
    ///
    /// # Errors
    /// [`BackendError`]; [`BackendError::is_not_found`] if there is no such user.
    pub async fn unban_user(&self, user_id: &str) -> Result<User, BackendError> {
        self.0.json(Call::post(&["users", user_id, "unban"])).await
    }

    /// Deletes a user, for good.
    ///
    /// # Errors
    /// [`BackendError`]; [`BackendError::is_not_found`] if there is no such user.
    pub async fn delete_user(&self, user_id: &str) -> Result<(), BackendError> {
        self.0.send(Call::delete(&["users", user_id])).await.map(drop)
    }

    /// The organizations that a user belongs to, and as what.
    ///
    /// # Errors
    /// [`BackendError`]; [`BackendError::is_not_found`] if there is no such user.
    pub async fn get_organization_membership_list(
        &self,
        user_id: &str,
        paging: Paging,
    ) -> Result<Page<OrganizationMembership>, BackendError> {
        self.0.json(Call::get(&["users", user_id, "organization_memberships"]).query(paging.query())).await
    }
}
