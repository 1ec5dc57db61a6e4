import { useEffect, useState } from 'preact/hooks'

const themes = ['system', 'light', 'dark'] as const

/** The choice is stored in this browser. A change redraws the charts, which look up their colors as they are drawn. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState(() => localStorage.getItem('theme') ?? 'system')
  useEffect(() => {
    localStorage.setItem('theme', theme)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const show = () => {
      document.documentElement.dataset.theme =
        theme === 'system' ? (scheme.matches ? 'dark' : 'light') : theme
    }
    show()
    scheme.addEventListener('change', show)
    return () => scheme.removeEventListener('change', show)
  }, [theme])
  return (
    <label class="quiet">
      Theme{' '}
      <select value={theme} onChange={event => setTheme(event.currentTarget.value)}>
        {themes.map(each => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
  )
}
