/** Makes something when it is wanted for the first time, and keeps it. What failed is tried again. */
export const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
