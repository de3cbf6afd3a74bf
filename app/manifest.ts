import type { MetadataRoute } from "next";

export default function manifest(): MetadataRoute.Manifest {
  return {
    name: "Assentry",
    short_name: "Assentry",
    description: "Decide on held MCP tool calls.",
    id: "/",
    start_url: "/requests",
    scope: "/",
    display: "standalone",
    background_color: "#fbfbfa",
    theme_color: "#0f5f63",
    icons: [
      { src: "/icon.svg", sizes: "any", type: "image/svg+xml" },
      { src: "/icons/icon-192.png", sizes: "192x192", type: "image/png" },
      { src: "/icons/icon-512.png", sizes: "512x512", type: "image/png" },
      { src: "/icons/maskable-512.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
    ],
  };
}
