# Draws the CSV beside it: `gnuplot figure.gp` makes figure.svg and figure.png of figure.csv, under
# whichever name the three have; `gnuplot -c figure.gp OTHER` names the pictures OTHER.
#
# The CSV has the columns panel,kind,color,x,y,spread,label and a data set (two empty lines between
# them) for each
#   title      with which a panel begins
#   axis       the label of its x axis, and points that the axes must reach
#   curve      one of ours; where it has a spread, a band of y +- spread is shaded
#   reference  not ours: thin and dashed, behind ours
#   level      a horizontal line, named beside the panel; from the lowest to the highest
# Curves and references of one label share an entry of the legend.

# Look. Lengths are pixels of the SVG; the PNG has twice as many.
plot_width = 270; plot_height = 230
left = 58; right = 14; top = 40; bottom = 52
legend_padding = 14; legend_row = 20; legend_sample = 60; legend_character = 7
level_character = 7; level_spacing = 15
padding = 0.03  # of the y axis, so that curves at its ends are seen whole
# Okabe and Ito's palette without its yellow, which is faint on white.
palette = '#0072B2 #D55E00 #009E73 #CC79A7 #56B4E9 #E69F00'
rgb(i) = sprintf("lc rgb '%s'", word(palette, int(Color[i]) % words(palette) + 1))
# With marks or thick lines, a noisy curve of hundreds of points would look like a band.
look(i) = (Kind[i] eq 'reference' ? 'with lines lw 1 dt (10,6) ' : \
           Points[i] > 200 ? 'with lines lw 1.3 ' : \
           Points[i] > 30 ? 'with lines lw 2 ' : 'with linespoints lw 2 pt 7 ps 0.45 ').rgb(i)

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
array Kind[sets]; array Color[sets]; array Points[sets]; array Bands[sets]
array Y[sets]  # of a level
array Title[sets]; array Axis[sets]; array First[sets + 1]  # of a panel
array XHigh[sets]; array XWhole[sets]; array YLow[sets]; array YHigh[sets]; array Right[sets]
larger(a, b) = a > b ? a : b
smaller(a, b) = a < b ? a : b
spread(unused) = valid(6) ? column(6) : 0
panels = 0
do for [i = 1:sets] {
  points = 0; bands = 0; x_high = 0; x_whole = 1; y_low = 1e300; y_high = -1e300
  stats csv index i using (kind = strcol(2), color = column(3), y = column(5), \
    points = points + (valid(4) && valid(5)), bands = bands + valid(6), \
    x_high = valid(4) ? larger(x_high, column(4)) : x_high, \
    x_whole = x_whole && (!valid(4) || column(4) == floor(column(4))), \
    y_low = valid(5) ? smaller(y_low, y - spread(0)) : y_low, \
    y_high = valid(5) ? larger(y_high, y + spread(0)) : y_high, 0) nooutput
  Kind[i] = kind; Color[i] = color; Points[i] = points; Bands[i] = bands; Y[i] = y
  if (kind eq 'title') {
    panels = panels + 1
    Title[panels] = Label[i]; First[panels] = i + 1; Right[panels] = right
    XHigh[panels] = 0; XWhole[panels] = 1; YLow[panels] = 1e300; YHigh[panels] = -1e300
  }
  if (kind eq 'axis') { Axis[panels] = Label[i] }
  XHigh[panels] = larger(XHigh[panels], x_high)
  if (kind eq 'curve') { XWhole[panels] = XWhole[panels] && x_whole }
  YLow[panels] = smaller(YLow[panels], y_low); YHigh[panels] = larger(YHigh[panels], y_high)
  if (kind eq 'level') {
    Right[panels] = larger(Right[panels], 10 + level_character * strlen(Label[i]))
  }
}
First[panels + 1] = sets + 2

# The legend of all panels, in rows as wide as the figure allows.
width = 0
do for [p = 1:panels] { width = width + left + plot_width + Right[p] }
entries = 0; longest = 1; legend = ''; seen = "\n"
do for [i = 1:sets] {
  if ((Kind[i] eq 'curve' || Kind[i] eq 'reference') && strlen(Label[i]) > 0 && \
      strstrt(seen, "\n".Label[i]."\n") == 0) {
    entries = entries + 1
    longest = larger(longest, strlen(Label[i]))
    seen = seen.Label[i]."\n"
    legend = legend.sprintf('%s NaN %s title Label[%d]', entries > 1 ? ',' : '', look(i), i)
  }
}
columns = larger(1, width / (legend_sample + legend_character * longest))
rows = (entries + columns - 1) / columns
legend_height = entries > 0 ? legend_padding + legend_row * rows : 0
base_line = bottom + legend_height
height = top + plot_height + base_line

do for [kind in 'svg png'] {
  if (kind eq 'svg') {
    set terminal svg size width, height background rgb 'white' font 'sans-serif,12'
  } else {  # twice the size; fontscale 1.5: cairo counts in points of 4/3 pixel
    if (strstrt(GPVAL_TERMINALS, 'pngcairo')) {
      set terminal pngcairo size 2 * width, 2 * height background rgb 'white' \
        font 'sans-serif,12' fontscale 1.5 linewidth 2 pointscale 2
    } else {  # a gnuplot without cairo: plainer, but a picture
      set terminal png truecolor size 2 * width, 2 * height background rgb 'white' \
        font 'sans-serif,12' fontscale 1.5 linewidth 2
    }
  }
  set output name.'.'.kind
  set multiplot
  set border 3 lc rgb '#444444'
  set xtics out nomirror scale 0.6 font ',10.5' tc rgb '#333333'
  set ytics out nomirror scale 0.6 font ',10.5' tc rgb '#333333'
  set grid y lt 1 lw 0.7 lc rgb '#e4e4e4'

  x = 0.0
  do for [p = 1:panels] {
    x = x + left
    y_low = YLow[p]; y_high = YHigh[p]
    if (y_low > y_high) { y_low = 0; y_high = 1 }
    if (y_low == y_high) { y_low = y_low - 0.5; y_high = y_high + 0.5 }
    room = padding * (y_high - y_low)
    y_low = y_low - room; y_high = y_high + room
    x_high = XHigh[p] > 0 ? XHigh[p] : 1
    unset label; unset arrow; unset key
    set lmargin at screen x / width; set rmargin at screen (x + plot_width) / width
    set bmargin at screen 1.0 * base_line / height
    set tmargin at screen 1.0 * (base_line + plot_height) / height
    set title Title[p] noenhanced offset 0, -0.4
    set xlabel Axis[p] noenhanced offset 0, 0.4
    # On a short axis gnuplot would put tics at half epochs.
    if (XWhole[p] && x_high <= 10) { set xtics 1 } else { set xtics autofreq }

    # From back to front: bands, references, ours. Names of levels are moved apart.
    shaded = ''; theirs = ''; ours = ''; lowest = -1e300
    do for [i = First[p]:First[p + 1] - 2] {
      drawn = sprintf(', csv index %d using 4:5 %s title Label[%d]', i, look(i), i)
      if (Kind[i] eq 'level') {
        lowest = larger(Y[i], lowest + level_spacing * (y_high - y_low) / plot_height)
        set arrow from graph 0, first Y[i] to graph 1, first Y[i] nohead lw 1 dt (3,3) \
          lc rgb '#777777' back
        set label Label[i] at graph 1, first lowest left offset character 0.6, 0 noenhanced \
          font ',10' tc rgb '#555555'
      }
      if (Points[i] > 0 && Bands[i] > 0) {
        shaded = shaded.sprintf(', csv index %d using 4:($5-$6):($5+$6) with filledcurves '. \
                                'fs solid 0.15 noborder %s title Label[%d]', i, rgb(i), i)
      }
      if (Points[i] > 0 && Kind[i] eq 'reference') { theirs = theirs.drawn }
      if (Points[i] > 0 && Kind[i] eq 'curve') { ours = ours.drawn }
    }
    all = shaded.theirs.ours
    eval 'plot [0:x_high] [y_low:y_high] '.(strlen(all) > 0 ? all[2:] : 'NaN')
    x = x + plot_width + Right[p]
  }

  if (entries > 0) {  # an empty plot
    unset border; unset tics; unset grid; unset title; unset xlabel; unset label; unset arrow
    set lmargin at screen 0; set rmargin at screen 1
    set bmargin at screen 0; set tmargin at screen 1
    set key at screen 0.5, screen 0.5 * legend_height / height center center horizontal \
      maxrows rows Left reverse noenhanced samplen 2.5
    eval 'plot [0:1] [0:1]'.legend
  }
  unset multiplot
  unset output
}
