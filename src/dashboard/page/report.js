// The run's own report, once there is one: the same tables that the terminal shows.
import { write } from 'page/figures'
import { state } from 'page/store'

let drawn = ''

export const draw = () => {
  const report = state.board?.report
  const panel = document.getElementById('bills')
  panel.hidden = !report
  if (!report || drawn === state.board?.economy?.run) return
  drawn = state.board?.economy?.run
  write(document.getElementById('bn'), report.heading)
  const box = document.getElementById('report')
  box.className = 'reporttables'
  box.replaceChildren(
    ...report.tables.map((table) => {
      const part = document.createElement('div')
      const heading = document.createElement('h3')
      heading.textContent = table.title
      const made = document.createElement('table')
      const head = made.createTHead().insertRow()
      for (const [i, name] of table.columns.entries()) {
        const cell = document.createElement('th')
        cell.textContent = name
        cell.scope = 'col'
        cell.className = table.right.includes(i) ? 'num' : ''
        head.append(cell)
      }
      const rows = made.createTBody()
      for (const line of table.rows) {
        const row = rows.insertRow()
        for (const [i, text] of line.entries()) {
          const cell = row.insertCell()
          cell.textContent = text
          cell.className = table.right.includes(i) ? 'num' : ''
        }
      }
      const scroll = document.createElement('div')
      scroll.className = 'scroll'
      scroll.append(made)
      part.append(heading, scroll)
      return part
    }),
  )
}
