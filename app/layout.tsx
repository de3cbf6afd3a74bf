import "@fontsource-variable/inter";
import "./globals.css";
import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";

export const metadata: Metadata = {
  title: { default: "Assentry", template: "%s · Assentry" },
  description: "Governance console for MCP servers: high-risk tool calls wait until a person decides.",
  applicationName: "Assentry",
  appleWebApp: { capable: true, title: "Assentry", statusBarStyle: "default" },
  formatDetection: { telephone: false, email: false, address: false, date: false },
  robots: { index: false, follow: false },
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  viewportFit: "cover",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#fbfbfa" },
    { media: "(prefers-color-scheme: dark)", color: "#121311" },
  ],
};

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
