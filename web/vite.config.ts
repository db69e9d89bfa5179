import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The address of a running `schoolbell serve`, for `npm run dev`.
const server = process.env["SCHOOLBELL_DEV_SERVER"] ?? "http://localhost:8000";

export default defineConfig({
  plugins: [react()],
  build: {
    // Tablets that schools still use: iPadOS 15 and Android browsers of 2021.
    target: ["chrome94", "firefox100", "safari15.4"],
    // data: URLs for small assets would need exceptions in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // scripts/budget.mjs walks the imports of the player's route by it.
    manifest: true,
  },
  test: {
    include: ["src/**/*.test.{ts,tsx}"],
    // The contrast test reads the tokens.
    css: { include: [/tokens\.css/] },
  },
  server: {
    proxy: {
      "/api": server,
      "/connection": { target: server, ws: true },
    },
  },
});
