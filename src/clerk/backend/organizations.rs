//! `/v1/organizations` (`@clerk/backend`, `api/endpoints/OrganizationApi.ts`).

use super::{
    BackendError, Organization, OrganizationListParams, OrganizationMembership, OrganizationMembershipListParams, Page,
    call::Call, transport::Transport,
};

/// The calls about organizations.
#[derive(Debug, Clone, Copy)]
pub struct OrganizationApi<'a>(pub(super) &'a Transport);

impl OrganizationApi<'_> {
    /// A page of organizations.
    ///
    /// # Errors
    /// [`BackendError`]
    pub async fn get_organization_list(
        &self,
        params: &OrganizationListParams,
    ) -> Result<Page<Organization>, BackendError> {
        self.0.json(Call::get(&["organizations"]).query(params.list_query())).await
    }

    /// One organization.
    ///
    /// # Errors
    /// [`BackendError`]; [`BackendError::is_not_found`] if there is no such organization.
    pub async fn get_organization(&self, id_or_slug: &str) -> Result<Organization, BackendError> {
        self.0.json(Call::get(&["organizations", id_or_slug])).await
    }

    /// A page of those who belong to an organization.
    ///
    /// # Errors
    /// [`BackendError`]; [`BackendError::is_not_found`] if there is no such organization.
    pub async fn get_organization_membership_list(
        &self,
        organization_id: &str,
        params: &OrganizationMembershipListParams,
    ) -> Result<Page<OrganizationMembership>, BackendError> {
        self.0.json(Call::get(&["organizations", organization_id, "memberships"]).query(params.list_query())).await
    }
}
