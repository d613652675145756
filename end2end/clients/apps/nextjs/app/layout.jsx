import { ClerkProvider, Show, UserButton } from "@clerk/nextjs";

export const metadata = { title: "The article's app" };

export default function RootLayout({ children }) {
  return (
    <ClerkProvider>
      <html lang="en">
        <body>
          <Show when="signed-in">
            <UserButton />
          </Show>
          {children}
        </body>
      </html>
    </ClerkProvider>
  );
}
