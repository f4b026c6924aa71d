/** Where the real inputs lie, and texts of small ones. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const file = (name: string) => fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url))

/** Real files, which are not part of the project: tests that need them are skipped where they are not there. */
export const pvgis = file('pvgis-tmy-45.000N-8.000E-2005-2023.csv')
export const trace = file('azure-llm-inference-2023-code.csv')
export const absent = !existsSync(pvgis) || !existsSync(trace)

/** A PVGIS file of the given days; irradiance is a half sine by hour, temperature the hour. */
export function pvgisText(dates: readonly string[], header = true): string {
  const rows = dates.flatMap((date) =>
    Array.from({ length: 24 }, (_, hour) => {
      const irradiance = Math.max(0, Math.round(1000 * Math.sin((Math.PI * (hour - 6)) / 12)))
      return `2018${date.replace('-', '')}:${String(hour).padStart(2, '0')}00,${hour}.0,50.0,${irradiance}.0`
    }),
  )
  const lines = ['Latitude (decimal degrees): 45.000', 'Longitude (decimal degrees): 8.000', 'Elevation (m): 250.0']
  const months = ['Irradiance Time Offset (h): 0.1761', 'month,year', '1,2018', '2,2007']
  const top = header ? [...lines, ...months] : []
  return [...top, 'time(UTC),T2m,RH,G(h)', ...rows, '', 'T2m: 2-m air temperature (degree Celsius)', ''].join('\n')
}
