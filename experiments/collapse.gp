# Draws the CSV beside it: `gnuplot collapse.gp` makes collapse.svg and collapse.png of
# collapse.csv, under whichever name the three have; `gnuplot -c collapse.gp OTHER` names the
# pictures OTHER.
#
# The CSV has the columns kind,row,column,color,x,y,label and a data set (two empty lines between
# them) for each
#   run       a row of the picture, named
#   class     a colour, named in the legend
#   panel     its heading: an epoch
#   cloud     points of images in the panel of a row and column, x and y of one scale in all of them;
#             the label is written below, split into two lines at its comma
#   spectrum  at the end of a row: y against x, a curve per column

# Look. Lengths are pixels of the SVG; the PNG has twice as many.
side = 136; gap = 14; heading = 46; note = 42; top = 6
spectrum_gap = 62; spectrum_width = 180; right = 84; legend_row = 24; legend_character = 7.2
dot = 3.4
# Ten colours for classes, then again from the first: Okabe and Ito's, and two greys.
palette = '#0072B2 #E69F00 #009E73 #D55E00 #56B4E9 #CC79A7 #B8A800 #000000 #8A5A2B #8C8C8C'
rgb(i) = word(palette, int(i) % words(palette) + 1)
# For epochs: the later, the darker.
shades = '#9ECAE1 #6BAED6 #4292C6 #2171B5 #08519C #08306B'
shade(c, n) = word(shades, n < 2 ? 5 : 1 + int(5.0 * (c - 1) / (n - 1) + 0.5))

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
array Kind[sets]; array Row[sets]; array Column[sets]; array Color[sets]
larger(a, b) = a > b ? a : b
rows = 0; columns = 0; classes = 0; reach = 0; longest = 1
x_high = 1; y_low = 1e300; y_high = 0
do for [i = 1:sets] {
  reach_here = 0; low = 1e300; high = 0; last = 1
  stats csv index i using (kind = strcol(1), row = column(2), panel = column(3), \
    color = column(4), x = valid(5) ? column(5) : 0, y = valid(6) ? column(6) : 0, \
    reach_here = larger(reach_here, larger(abs(x), abs(y))), last = larger(last, x), \
    low = y > 0 && y < low ? y : low, high = larger(high, y), 0) nooutput
  Kind[i] = kind; Row[i] = row; Column[i] = panel; Color[i] = color
  rows = larger(rows, row); columns = larger(columns, panel)
  if (kind eq 'cloud') { reach = larger(reach, reach_here) }
  if (kind eq 'class') { classes = classes + 1; longest = larger(longest, strlen(Label[i])) }
  if (kind eq 'spectrum') {
    x_high = larger(x_high, last); y_high = larger(y_high, high)
    y_low = low < y_low ? low : y_low
  }
}
reach = reach > 0 ? 1.04 * reach : 1
point = 2 * reach / side * 0.06  # the length of a line that is a dot; an SVG counts in 0.01
if (y_high == 0) { y_high = 1; y_low = 0.1 }
y_low = y_low == y_high ? y_low / 10 : y_low

clouds_width = gap + columns * (side + gap)
width = clouds_width + spectrum_gap + spectrum_width + right
row_height = heading + side + note
entry = legend_character * longest + 34
entries = larger(1, floor((width - 2 * gap) / entry))
legend_rows = classes > 0 ? int((classes + entries - 1) / entries) : 0
height = top + rows * row_height + 8 + legend_row * legend_rows

do for [kind in 'svg png'] {
  if (kind eq 'svg') {  # rounded: a dot is a line of hardly any length
    set terminal svg rounded size width, height background rgb 'white' font 'sans-serif,12'
    pixel = 1.0
  } else {  # twice the size; fontscale 1.5: cairo counts in points of 4/3 pixel
    if (strstrt(GPVAL_TERMINALS, 'pngcairo')) {
      set terminal pngcairo rounded size 2 * width, 2 * height background rgb 'white' \
        font 'sans-serif,12' fontscale 1.5 linewidth 2 pointscale 2
    } else {  # a gnuplot without cairo: plainer, but a picture
      set terminal png truecolor size 2 * width, 2 * height background rgb 'white' \
        font 'sans-serif,12' fontscale 1.5 linewidth 2
    }
  }
  set output name.'.'.kind
  set multiplot
  do for [r = 1:rows] {
    bottom = height - top - r * row_height + note
    set bmargin at screen 1.0 * bottom / height
    set tmargin at screen 1.0 * (bottom + side) / height
    do for [c = 1:columns] {
      left = gap + (c - 1) * (side + gap)
      set lmargin at screen 1.0 * left / width
      set rmargin at screen 1.0 * (left + side) / width
      unset label; unset title; unset tics; unset grid; unset logscale; unset key
      set border 15 lc rgb '#bbbbbb' lw 0.7
      below = 'not recorded'; points = ''
      do for [i = 1:sets] {
        if (Kind[i] eq 'run' && Row[i] == r && c == 1) {
          set label Label[i] at graph 0, 1 + 32.0 / side left noenhanced \
            font 'sans-serif:Bold,13' tc rgb '#111111'
        }
        if (Kind[i] eq 'panel' && Column[i] == c) {
          set label Label[i] at graph 0.5, 1 + 10.0 / side center noenhanced \
            font ',11' tc rgb '#333333'
        }
        if (Kind[i] eq 'cloud' && Row[i] == r && Column[i] == c) {
          below = Label[i]
          points = points.sprintf(', csv index %d using 5:6:(point):(0) with vectors nohead lw dot ' \
                                  .'lc rgb rgb(%d)', i, Color[i])
        }
      }
      comma = strstrt(below.', ', ', ')
      set label below[1:comma - 1] at graph 0.5, -12.0 / side center noenhanced font ',10.5' \
        tc rgb '#555555'
      set label below[comma + 2:] at graph 0.5, -27.0 / side center noenhanced font ',10.5' \
        tc rgb '#555555'
      eval 'plot [-reach:reach] [-reach:reach] '.(strlen(points) > 0 ? points[2:] : 'NaN')
    }

    left = clouds_width + spectrum_gap - gap
    set lmargin at screen 1.0 * left / width
    set rmargin at screen 1.0 * (left + spectrum_width) / width
    unset label
    set border 3 lc rgb '#444444' lw 1
    set logscale y
    set format y '10^{%T}'
    set xtics out nomirror scale 0.6 font ',10.5' tc rgb '#333333' autofreq offset 0, 0.4
    set ytics out nomirror scale 0.6 font ',10.5' tc rgb '#333333' autofreq
    set grid y lt 1 lw 0.7 lc rgb '#e4e4e4'
    set label 'spread along each direction' at graph 0.5, 1 + 10.0 / side center \
      noenhanced font ',11' tc rgb '#333333'
    curves = ''
    do for [i = 1:sets] {
      if (Kind[i] eq 'spectrum' && Row[i] == r) {
        curves = curves.sprintf(', csv index %d using 5:6 with lines lw 1.8 lc rgb ''%s'' ' \
                                .'title Label[%d]', i, shade(Column[i], columns), i)
      }
    }
    set key at graph 1.03, 1 left top Left reverse noenhanced font ',10' samplen 1.2 spacing 0.95 \
      textcolor rgb '#333333'
    eval 'plot [1:x_high] [y_low:1.5 * y_high] '.(strlen(curves) > 0 ? curves[2:] : 'NaN notitle')
    unset logscale
    set format y
  }
  if (classes > 0) {
    unset border; unset tics; unset grid; unset label; unset key
    set lmargin at screen 0; set rmargin at screen 1
    set bmargin at screen 0; set tmargin at screen 1
    n = 0
    do for [i = 1:sets] {
      if (Kind[i] eq 'class') {
        x = gap + entry * (n % entries)
        y = legend_row * (legend_rows - n / entries - 0.5) + 4
        set label '' at screen (x + 6.0) / width, screen 1.0 * y / height \
          point pt 7 ps 0.7 lc rgb rgb(Color[i])
        set label Label[i] at screen (x + 16.0) / width, screen 1.0 * y / height left noenhanced \
          font ',10.5' tc rgb '#333333'
        n = n + 1
      }
    }
    plot [0:1] [0:1] NaN
  }
  unset multiplot
  unset output
}
