// A browser may name a language that is none (`en-US@posix`, where LANG is C): whatever formats numbers by it would throw, and the page
// would stay blank. To be loaded before everything else.

const isLanguage = () => {
  try {
    return Intl.getCanonicalLocales(navigator.language).length === 1
  } catch {
    return false
  }
}

if (!isLanguage()) Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true })
