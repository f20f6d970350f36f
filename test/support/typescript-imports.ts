import { registerHooks } from "node:module";

/**
 * Lets plain Node run our sources where jest's transform does not reach (global setup, child processes of a
 * test): it strips types by itself, but does not find `x.ts` where `./x.js` is imported.
 */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const fromSource = specifier.startsWith(".") && context.parentURL?.endsWith(".ts") === true;
    return nextResolve(fromSource ? specifier.replace(/\.js$/, ".ts") : specifier, context);
  },
});
