/** Headers that are the same for every answer; pages get their Content-Security-Policy from proxy.ts. */
const everywhere = [
  { key: "X-Content-Type-Options", value: "nosniff" },
  // Not no-referrer: with that, browsers send `Origin: null` from our own forms and the origin check would refuse them.
  { key: "Referrer-Policy", value: "same-origin" },
  { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
  { key: "Cross-Origin-Resource-Policy", value: "same-origin" },
  {
    key: "Permissions-Policy",
    value:
      "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), midi=(), payment=(), usb=()",
  },
];
const apiOnly = [
  { key: "X-Frame-Options", value: "DENY" },
  { key: "Content-Security-Policy", value: "default-src 'none'; frame-ancestors 'none'; base-uri 'none'" },
];

/** @type {import("next").NextConfig} */
module.exports = {
  poweredByHeader: false,
  reactStrictMode: true,
  serverExternalPackages: ["pg", "@node-rs/argon2"],
  turbopack: { root: __dirname },
  // `npm test` type-checks the whole tree, tests too: a slip in a test must not keep a console from starting.
  typescript: { ignoreBuildErrors: true },
  async headers() {
    return [
      { source: "/:path*", headers: everywhere },
      { source: "/api/:path*", headers: apiOnly },
      // What proxy.ts leaves out still answers with pages of its own when there is nothing.
      { source: "/_next/:path*", headers: apiOnly },
      { source: "/favicon.ico", headers: apiOnly },
    ];
  },
};
