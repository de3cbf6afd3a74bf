import type { Step } from "../chain";
import type { Session } from "../session";

/** Finds the tool's definition as the server lists it now; a tool that nobody has seen listed is asked for first. */
export const pin =
  (session: Session): Step =>
  (call, next) => {
    const name = call.toolName;
    if (name === null) return next();
    const go = () => {
      call.tool = session.manifest.lookup(name);
      return next();
    };
    return session.manifest.knows(name) ? go() : session.manifest.refresh().then(go);
  };
