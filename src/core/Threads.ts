/** Worker threads start from a file, and which one it is depends on whether this runs as source or built. */

/**
 * The file of a thread that lies beside the caller.
 * @param caller the caller's `import.meta.url`
 * @param name without ending
 */
export const threadFile = (caller: string, name: string): URL =>
  new URL(`./${name}${caller.slice(caller.lastIndexOf('.'))}`, caller)
