import { clerkMiddleware } from "@clerk/nextjs/server";

// The SDK does not read CLERK_JWT_KEY by itself; without it every process would fetch the JWKS.
export default clerkMiddleware({ jwtKey: process.env.CLERK_JWT_KEY });

export const config = {
  matcher: [
    // Everything but Next's internals and static files.
    "/((?!_next|[^?]*\\.(?:html?|css|js(?!on)|jpe?g|webp|png|gif|svg|ttf|woff2?|ico|csv|docx?|xlsx?|zip|webmanifest)).*)",
    "/(api|trpc)(.*)",
  ],
};
