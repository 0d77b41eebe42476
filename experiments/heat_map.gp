# Draws the CSV beside it: `gnuplot figure.gp` makes figure.svg and figure.png of figure.csv, under
# whichever name the three have; `gnuplot -c figure.gp OTHER` names the pictures OTHER.
#
# The CSV has the columns map,kind,column,row,share,label and a data set (two empty lines between
# them) for each
#   title          a map, named
#   columns, rows  what the axes of all maps are
#   column, row    a value on such an axis, from 1: the left, the bottom
#   cell           of a map: label is written in it, and share, from 0 to 1, is its colour; grey
#                  where there is none

# Look. Lengths are pixels of the SVG; the PNG has twice as many.
cell_width = 70; cell_height = 40
left = 66; right = 14; top = 36; bottom = 52
# From vermilion through white to sky blue, Okabe and Ito's: colour-blind readers can tell them
# apart, and black text has a contrast of at least 5 on all of them.
between(a, b, t) = int(a + (b - a) * t + 0.5)
mix(r, g, b, t) = sprintf('#%02X%02X%02X', between(r, 255, t), between(g, 255, t), between(b, 255, t))
color(share) = share < 0.5 ? mix(213, 94, 0, 2 * share) : mix(86, 180, 233, 2 - 2 * share)
grey = '#D4D4D4'

base = ARG0[1:strlen(ARG0) - strlen('.gp')]
csv = base.'.csv'
name = ARGC > 0 ? ARG1 : base
set encoding utf8

# Scans the CSV. Data set 0 is the line of names. strcol() stops at a comma even within quotes, so
# the labels, which are quoted, are read by their quotes.
set datafile separator '"'
stats csv using 0 nooutput
sets = STATS_blocks - 1
array Label[sets]
do for [i = 1:sets] {
  stats csv index i using (label = strcol(2), 0) nooutput
  Label[i] = label
}
set datafile separator comma
array Map[sets]; array Kind[sets]; array Column[sets]; array Row[sets]; array Color[sets]
larger(a, b) = a > b ? a : b
maps = 1; columns = 1; rows = 1
do for [i = 1:sets] {
  stats csv index i using (map = column(1), kind = strcol(2), c = column(3), r = column(4), \
    shade = valid(5) ? color(column(5)) : grey, 0) nooutput
  Map[i] = map; Kind[i] = kind; Column[i] = c; Row[i] = r; Color[i] = shade
  maps = larger(maps, map); columns = larger(columns, c); rows = larger(rows, r)
}
map_width = columns * cell_width; map_height = rows * cell_height
width = maps * (left + map_width + right)
height = top + map_height + bottom

do for [kind in 'svg png'] {
  if (kind eq 'svg') {
    set terminal svg size width, height background rgb 'white' font 'sans-serif,12'
  } else {  # twice the size; fontscale 1.5: cairo counts in points of 4/3 pixel
    if (strstrt(GPVAL_TERMINALS, 'pngcairo')) {
      set terminal pngcairo size 2 * width, 2 * height background rgb 'white' \
        font 'sans-serif,12' fontscale 1.5 linewidth 2
    } else {  # a gnuplot without cairo: plainer, but a picture
      set terminal png truecolor size 2 * width, 2 * height background rgb 'white' \
        font 'sans-serif,12' fontscale 1.5 linewidth 2
    }
  }
  set output name.'.'.kind
  set multiplot
  unset key; unset tics
  set border 0
  do for [m = 1:maps] {
    x = (m - 1) * (left + map_width + right) + left
    set lmargin at screen 1.0 * x / width; set rmargin at screen 1.0 * (x + map_width) / width
    set bmargin at screen 1.0 * bottom / height
    set tmargin at screen 1.0 * (bottom + map_height) / height
    unset label; unset object
    do for [i = 1:sets] {
      if (Kind[i] eq 'title' && Map[i] == m) {
        set label Label[i] at graph 0.5, 1 + 16.0 / map_height center noenhanced tc rgb '#111111'
      }
      if (Kind[i] eq 'columns') {
        set label Label[i] at graph 0.5, -36.0 / map_height center noenhanced tc rgb '#333333'
      }
      if (Kind[i] eq 'rows') {
        set label Label[i] at graph -50.0 / map_width, 0.5 center rotate by 90 noenhanced \
          tc rgb '#333333'
      }
      if (Kind[i] eq 'column') {
        set label Label[i] at first Column[i], graph -14.0 / map_height center noenhanced \
          font ',10.5' tc rgb '#333333'
      }
      if (Kind[i] eq 'row') {
        set label Label[i] at graph -8.0 / map_width, first Row[i] right noenhanced \
          font ',10.5' tc rgb '#333333'
      }
      if (Kind[i] eq 'cell' && Map[i] == m) {
        set object rectangle from Column[i] - 0.5, Row[i] - 0.5 to Column[i] + 0.5, Row[i] + 0.5 \
          fillcolor rgb Color[i] fillstyle solid border lc rgb '#C8C8C8'
        set label Label[i] at first Column[i], first Row[i] center front noenhanced \
          font ',11' tc rgb '#000000'
      }
    }
    plot [0.5:columns + 0.5] [0.5:rows + 0.5] NaN
  }
  unset multiplot
  unset output
}
