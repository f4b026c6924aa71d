// The page: puts its parts together. Everything that it shows it asks from the service that serves it, or finds in itself (a recorded run).
import 'page/locale'

import * as Charts from 'page/charts'
import * as Controls from 'page/controls'
import * as Figures from 'page/figures'
import * as Flow from 'page/flow'
import * as Lists from 'page/lists'
import * as Report from 'page/report'
import { changed, start, state, subscribe } from 'page/store'

const foot = () => {
  if (state.board === undefined) return
  const { chainId, clearingHouse, creditKey } = state.board.service
  const { fence } = state.board.pulse
  // A recorded run says nothing of it.
  const unguarded =
    fence === 'missing' || fence === 'new'
      ? ' · no fence file: a copy or old backup of the journal was not looked for'
      : ''
  Figures.write(
    document.getElementById('foot'),
    `Chain ${chainId} · clearing house ${clearingHouse} · credit key ${creditKey}${unguarded}`,
  )
}

Figures.prepare()
Lists.prepare()
Charts.prepare(changed)
for (const draw of [Figures.draw, Flow.draw, Charts.draw, Lists.draw, Controls.draw, Report.draw, foot]) subscribe(draw)
start()
Controls.prepare()
