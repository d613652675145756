// Protects an endpoint.

export async function GET({ locals }) {
  const { isAuthenticated, userId } = locals.auth();
  if (!isAuthenticated) return new Response("Error: No signed in user", { status: 401 });
  return new Response(JSON.stringify({ userId }));
}
