/* Columns in memory -> the segment of each row, the runner-up and the confidence.

   The answers are those of the expressions in features/grid.py and prototypes/assign.py, bit for bit: a feature is made
   by the same operations on doubles in the same order, each rounded once, and from there up to the squared distances
   every number is whole and below 2^53. So this must be compiled without contraction (see setup.py).

   Each score carries the place of its segment in its last bits. One comparison then keeps both the lower score and whose
   it is, and of equals the first. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* Where that can be, each loop twice: for every processor, and for those that take four doubles at a time. */
#if defined(__GLIBC__) && defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define TWICE __attribute__((target_clones("avx2", "default")))
#define WITHIN static inline __attribute__((always_inline))
#else
#define TWICE
#define WITHIN static inline
#endif

enum { TILE = 256 };  /* rows at a time, so that what they need stays in the nearest cache */
enum { STRIP = 16 };  /* of them, whose sums stay in registers */

/* How the step of an axis comes of its columns: the sum of the first ones; a constant less that; the sum over the sum
   of the second ones; the same between 0 and 1; or it is there already, and the second column says where it is
   missing. */
enum { SUM, LESS, RATIO, SHARE, STEP, OPERATIONS };

typedef struct {
    const char *data;
    Py_ssize_t stride; /* bytes */
    char type;
    double most; /* the largest size of a number that can be used */
} Column;

typedef struct {
    int operation, first, second, end; /* its columns: from `first`, from `second`, and up to `end` */
    double constant, fill, centre, unit, low, high;
} Axis;

/* What one of a few values adds to the scores and, last, to the squared length of a row: (values, prototypes + 1). */
typedef struct {
    const double *added;
    const uint8_t *missing; /* by value */
    Column places;          /* of each row's value */
    int values;
} Lookup;

typedef struct {
    int n_axes, n_lookups, n_prototypes, n_segments;
    const Axis *axes;
    const Column *columns;
    const Lookup *lookups;
    const double *weights; /* (prototypes, axes + 1); the last is the offset */
    const int32_t *owners; /* the place of each prototype's segment, in order */
    double room, cutoff;   /* places that a score has room for; infinity where nobody is noise */
    double *grid, *scores; /* (axes, TILE), (prototypes, TILE) */
    uint32_t *segment, *runner_up;
    double *confidence;
} Work;

/* A whole number as a double by operations that are done for several at a time, which the cast is not everywhere. */
WITHIN double of_long(int64_t whole) {
    uint64_t upper = ((uint64_t)whole >> 32) ^ 0x4530000080000000u, lower = (uint64_t)whole & 0xffffffffu;
    double high, low;
    lower |= 0x4330000000000000u;
    memcpy(&high, &upper, sizeof high);
    memcpy(&low, &lower, sizeof low);
    return (high - (0x1p84 + 0x1p63 + 0x1p52)) + low;
}

/* One statement for each row, which takes the cell as `cell`. */
#define EACH(TYPE, AS_DOUBLE, DO)                                                                                      \
    do {                                                                                                               \
        if (column->stride == (Py_ssize_t)sizeof(TYPE))                                                                \
            for (int i = 0; i < n; i++) {                                                                              \
                double cell = AS_DOUBLE(((const TYPE *)at)[i]);                                                        \
                beyond |= fabs(cell) > column->most;                                                                   \
                DO;                                                                                                    \
            }                                                                                                          \
        else                                                                                                           \
            for (int i = 0; i < n; i++) {                                                                              \
                double cell = AS_DOUBLE(*(const TYPE *)(at + i * column->stride));                                     \
                beyond |= fabs(cell) > column->most;                                                                   \
                DO;                                                                                                    \
            }                                                                                                          \
    } while (0)

#define EACH_WHOLE(DO)                                                                                                 \
    switch (column->type) {                                                                                            \
    case 'b': EACH(int8_t, (double), DO); break;                                                                       \
    case 'B': EACH(uint8_t, (double), DO); break;                                                                      \
    case 'h': EACH(int16_t, (double), DO); break;                                                                      \
    case 'H': EACH(uint16_t, (double), DO); break;                                                                     \
    case 'i': EACH(int32_t, (double), DO); break;                                                                      \
    case 'I': EACH(uint32_t, (double), DO); break;                                                                     \
    case 'q': EACH(int64_t, of_long, DO); break;                                                                       \
    case 'Q': EACH(uint64_t, (double), DO); break;                                                                     \
    }

#define EACH_FLOATING(DO)                                                                                              \
    switch (column->type) {                                                                                            \
    case 'f': EACH(float, (double), DO); break;                                                                        \
    default: EACH(double, (double), DO); break;                                                                        \
    }

WITHIN int is_floating(const Column *column) { return column->type == 'd' || column->type == 'f'; }

/* Adds columns up, a missing cell as nothing. Where all of a row are, the sum is missing. Whether a number is beyond
   those that can be used. */
WITHIN int add_up(const Column *columns, int count, Py_ssize_t start, int n, double *restrict sum,
                   uint8_t *restrict missing) {
    int whole = 0, beyond = 0;
    for (int c = 0; c < count; c++) {
        const Column *column = columns + c;
        const char *at = column->data + start * column->stride;
        if (!is_floating(column)) {
            whole = 1;
            if (c == 0) EACH_WHOLE(sum[i] = cell)
            else EACH_WHOLE(sum[i] += cell)
        } else if (c == 0)
            EACH_FLOATING((missing[i] = cell != cell, sum[i] = cell != cell ? 0.0 : cell))
        else
            EACH_FLOATING((missing[i] &= cell != cell, sum[i] += cell != cell ? 0.0 : cell))
    }
    if (whole) memset(missing, 0, (size_t)n);
    return beyond;
}

WITHIN int divide(const Axis *axis, const Column *columns, Py_ssize_t start, int n, double *restrict value,
                   uint8_t *restrict missing) {
    double below[TILE];
    uint8_t unknown[TILE];
    int beyond = add_up(columns + axis->second, axis->end - axis->second, start, n, below, unknown);
    for (int i = 0; i < n; i++) {
        int none = unknown[i] | !(below[i] > 0.0);
        missing[i] |= (uint8_t)none;
        below[i] = none ? 1.0 : below[i];
    }
    if (axis->operation == SHARE)
        for (int i = 0; i < n; i++) {
            double positive = value[i] > 0.0 ? value[i] : 0.0;
            value[i] = positive < below[i] ? positive : below[i];
        }
    for (int i = 0; i < n; i++) value[i] /= below[i];
    return beyond;
}

/* The steps of some rows on an axis; a row that has a value there is known. Whether a number is beyond use. */
WITHIN int put_on_grid(const Axis *axis, const Column *columns, Py_ssize_t start, int n, double *restrict grid,
                        uint8_t *restrict known) {
    uint8_t missing[TILE];
    if (axis->operation == STEP) {
        double none[TILE];
        add_up(columns + axis->first, 1, start, n, grid, missing);
        add_up(columns + axis->second, 1, start, n, none, missing);
        for (int i = 0; i < n; i++) known[i] |= none[i] == 0.0;
        return 0;
    }
    int beyond = add_up(columns + axis->first, axis->second - axis->first, start, n, grid, missing);
    if (axis->operation == LESS)
        for (int i = 0; i < n; i++) grid[i] = axis->constant - grid[i];
    if (axis->operation == RATIO || axis->operation == SHARE) beyond |= divide(axis, columns, start, n, grid, missing);
    double fill = axis->fill, centre = axis->centre, unit = axis->unit, low = axis->low, high = axis->high;
    for (int i = 0; i < n; i++) {
        double value = missing[i] ? fill : grid[i];
        double step = floor((value - centre) / unit + 0.5);
        step = step > low ? step : low;
        grid[i] = step < high ? step : high;
    }
    for (int i = 0; i < n; i++) known[i] |= !missing[i];
    return beyond;
}

WITHIN void score_prototype(const double *restrict weights, int n_axes, const double *restrict grid,
                            double *restrict scores) {
    for (int start = 0; start < TILE; start += STRIP) {
        double sum[STRIP];
        for (int i = 0; i < STRIP; i++) sum[i] = weights[n_axes];
        for (int a = 0; a < n_axes; a++)
            for (int i = 0; i < STRIP; i++) sum[i] += weights[a] * grid[a * TILE + start + i];
        memcpy(scores + start, sum, sizeof sum);
    }
}

WITHIN void look_up(const Lookup *lookup, int m, Py_ssize_t start, int n, double *restrict scores,
                    double *restrict length, uint8_t *restrict known) {
    int32_t at[TILE];
    int last = lookup->values - 1;
    if (lookup->places.type == 'B')
        for (int i = 0; i < n; i++) at[i] = ((const uint8_t *)lookup->places.data)[start + i];
    else
        for (int i = 0; i < n; i++) at[i] = ((const uint16_t *)lookup->places.data)[start + i];
    for (int i = 0; i < n; i++) at[i] = at[i] < last ? at[i] : last;
    for (int i = 0; i < n; i++) known[i] |= !lookup->missing[at[i]];
    for (int i = 0; i < n; i++) at[i] *= m + 1;
    for (int p = 0; p < m; p++)
        for (int i = 0; i < n; i++) scores[p * TILE + i] += lookup->added[at[i] + p];
    for (int i = 0; i < n; i++) length[i] += lookup->added[at[i] + m];
}

/* Of the prototypes of each segment, which stand together, the lowest score, in the segment's place. */
WITHIN void keep_lowest(const int32_t *owners, int m, int n, double *scores) {
    for (int p = 1; p < m; p++) {
        double *own = scores + owners[p] * TILE;
        const double *other = scores + p * TILE;
        if (owners[p] == p) continue;
        if (owners[p] == owners[p - 1])
            for (int i = 0; i < n; i++) own[i] = other[i] < own[i] ? other[i] : own[i];
        else
            memcpy(own, other, (size_t)n * sizeof *own);
    }
}

WITHIN void find_two_lowest(const double *restrict scores, int segments, int n, double *restrict best,
                            double *restrict second) {
    for (int i = 0; i < n; i++) {
        double one = scores[i], two = scores[TILE + i];
        best[i] = one < two ? one : two;
        second[i] = one < two ? two : one;
    }
    for (int s = 2; s < segments; s++)
        for (int i = 0; i < n; i++) {
            double score = scores[s * TILE + i], higher = best[i] > score ? best[i] : score;
            second[i] = second[i] < higher ? second[i] : higher;
            best[i] = best[i] < score ? best[i] : score;
        }
}

/* Parts scores from the places they carry, and tells of each row what there is to tell. */
WITHIN void answer(const Work *work, Py_ssize_t start, int n, const double *restrict best,
                   const double *restrict second, const double *restrict length, const uint8_t *restrict known) {
    double room = work->room, apart = 1.0 / room, cutoff = work->cutoff;
    uint32_t nobody = (uint32_t)work->n_segments, noise = nobody + 1;
    uint32_t *segment = work->segment + start, *runner_up = work->runner_up + start;
    double *confidence = work->confidence + start;
    for (int i = 0; i < n; i++) {
        double own = floor(best[i] * apart), other = floor(second[i] * apart);
        double square = own + length[i];
        double near = sqrt(square), far = sqrt(other + length[i]), both = near + far;
        int is_noise = square > cutoff, placed = known[i] && !is_noise;
        uint32_t owner = (uint32_t)(int32_t)(best[i] - own * room), next = (uint32_t)(int32_t)(second[i] - other * room);
        segment[i] = placed ? owner : known[i] ? noise : nobody;
        runner_up[i] = placed ? next : nobody;
        /* Two segments at no distance are as near as each other. */
        confidence[i] = placed ? (far - near) / (both > 0.0 ? both : 1.0) : NAN;
    }
}

/* Whether all numbers can be used; if not, the answers are none. */
TWICE static int place_rows(const Work *work, Py_ssize_t rows) {
    int beyond = 0;
    double length[TILE], best[TILE], second[TILE];
    uint8_t known[TILE];
    for (Py_ssize_t start = 0; start < rows; start += TILE) {
        int n = rows - start < TILE ? (int)(rows - start) : TILE, m = work->n_prototypes;
        memset(known, 0, sizeof known);
        memset(length, 0, sizeof length);
        for (int a = 0; a < work->n_axes; a++) {
            double *grid = work->grid + a * TILE;
            beyond |= put_on_grid(work->axes + a, work->columns, start, n, grid, known);
            for (int i = 0; i < n; i++) length[i] += grid[i] * grid[i];
        }
        for (int p = 0; p < m; p++)
            score_prototype(work->weights + p * (work->n_axes + 1), work->n_axes, work->grid, work->scores + p * TILE);
        for (int l = 0; l < work->n_lookups; l++)
            look_up(work->lookups + l, m, start, n, work->scores, length, known);
        keep_lowest(work->owners, m, n, work->scores);
        find_two_lowest(work->scores, work->n_segments, n, best, second);
        answer(work, start, n, best, second, length, known);
    }
    return !beyond;
}

/* From here on: what Python gives, looked at before it is used. */

typedef struct {
    Py_buffer *views;
    Py_ssize_t count;
} Held;

static char type_of(const Py_buffer *view) {
    const char *format = view->format ? view->format : "B";
    if (*format == '<' || *format == '=' || *format == '@') format++;
    if (format[0] && format[1]) return 0;
    switch (*format) {
    case '?': return 'B';
    case 'l': return view->itemsize == 8 ? 'q' : 'i';
    case 'L': return view->itemsize == 8 ? 'Q' : 'I';
    default: return *format;
    }
}

/* An array of one of these types with so many items at least, held until `let_go`; NULL with an error set. */
static const Py_buffer *hold(Held *held, PyObject *array, int flags, Py_ssize_t least, const char *types) {
    Py_buffer *view = held->views + held->count;
    if (PyObject_GetBuffer(array, view, flags | PyBUF_FORMAT)) return NULL;
    held->count++;
    char type = type_of(view);
    Py_ssize_t items = view->itemsize ? view->len / view->itemsize : 0;
    if (type && strchr(types, type) && items >= least) return view;
    PyErr_Format(PyExc_ValueError, "%zd items or more of a type in '%s' are wanted, not %zd of '%s'", least, types,
                 items, view->format ? view->format : "B");
    return NULL;
}

static void let_go(Held *held) {
    while (held->count) PyBuffer_Release(held->views + --held->count);
    PyMem_Free(held->views);
}

/* The column of an array; -1 with an error set. Its first dimension, of one or none, are the rows. */
static int hold_column(Held *held, PyObject *array, Py_ssize_t rows, const char *types, Column *column) {
    const Py_buffer *view = hold(held, array, PyBUF_STRIDES, rows, types);
    if (!view) return -1;
    if (view->ndim != 1) {
        PyErr_SetString(PyExc_ValueError, "an array of one dimension is wanted");
        return -1;
    }
    *column = (Column){view->buf, view->strides[0], type_of(view), INFINITY};
    return 0;
}

static int fill_axes(Work *work, const Py_buffer *spans, const Py_buffer *numbers, int n_columns, Axis *axes) {
    for (int a = 0; a < work->n_axes; a++) {
        const int32_t *span = (const int32_t *)spans->buf + 4 * a;
        const double *number = (const double *)numbers->buf + 6 * a;
        axes[a] = (Axis){span[0],   span[1],   span[2],   span[3],   number[0],
                         number[1], number[2], number[3], number[4], number[5]};
        int in_order = 0 <= span[1] && span[1] < span[2] && span[2] <= span[3] && span[3] <= n_columns;
        int two = span[0] == RATIO || span[0] == SHARE || span[0] == STEP;
        if (!in_order || span[0] < 0 || span[0] >= OPERATIONS || (two && span[2] == span[3])) {
            PyErr_Format(PyExc_ValueError, "axis %d has no such columns or no such operation", a);
            return -1;
        }
    }
    work->axes = axes;
    return 0;
}

static int check_owners(const int32_t *owners, int m) {
    for (int p = 0; p < m; p++) {
        int before = p ? owners[p - 1] : -1;
        if (owners[p] != before && owners[p] != before + 1) {
            PyErr_SetString(PyExc_ValueError, "the prototypes of a segment must stand together, in the segments' order");
            return -1;
        }
    }
    if (m && owners[m - 1] > 0) return 0;
    PyErr_SetString(PyExc_ValueError, "two segments or more are wanted");
    return -1;
}

static int hold_lookups(Held *held, PyObject *list, Py_ssize_t rows, int m, Lookup *lookups) {
    for (Py_ssize_t l = 0; l < PyList_Size(list); l++) {
        PyObject *added, *missing, *places;
        if (!PyArg_ParseTuple(PyList_GetItem(list, l), "OOO", &added, &missing, &places)) return -1;
        const Py_buffer *table = hold(held, added, PyBUF_C_CONTIGUOUS, m + 1, "d");
        if (!table) return -1;
        int values = (int)(table->len / (Py_ssize_t)sizeof(double) / (m + 1));
        const Py_buffer *flags = hold(held, missing, PyBUF_C_CONTIGUOUS, values, "B");
        if (!flags || hold_column(held, places, rows, "BH", &lookups[l].places)) return -1;
        if (lookups[l].places.stride != (lookups[l].places.type == 'B' ? 1 : 2)) {
            PyErr_SetString(PyExc_ValueError, "places must lie side by side");
            return -1;
        }
        lookups[l].added = table->buf;
        lookups[l].missing = flags->buf;
        lookups[l].values = values;
    }
    return 0;
}

static PyObject *place(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *spans, *numbers, *columns, *most, *weights, *owners, *lookups, *segment, *runner_up, *confidence;
    PyObject *answered = NULL;
    Py_ssize_t rows;
    Work work = {0};
    int usable;
    if (!PyArg_ParseTuple(args, "nOOO!OOOO!ddOOO", &rows, &spans, &numbers, &PyList_Type, &columns, &most, &weights, &owners,
                          &PyList_Type, &lookups, &work.room, &work.cutoff, &segment, &runner_up, &confidence))
        return NULL;
    Py_ssize_t n_columns = PyList_Size(columns), n_lookups = PyList_Size(lookups);
    Held held = {PyMem_Calloc((size_t)(n_columns + 3 * n_lookups + 8), sizeof(Py_buffer)), 0};
    Column *made_columns = PyMem_Calloc((size_t)n_columns + 1, sizeof(Column));
    Lookup *made_lookups = PyMem_Calloc((size_t)n_lookups + 1, sizeof(Lookup));
    Axis *axes = NULL;
    double *space = NULL;
    if (!held.views || !made_columns || !made_lookups) goto no_memory;

    const Py_buffer *span = hold(&held, spans, PyBUF_C_CONTIGUOUS, 0, "i");
    if (!span) goto end;
    work.n_axes = (int)(span->len / (Py_ssize_t)sizeof(int32_t) / 4);
    const Py_buffer *number = hold(&held, numbers, PyBUF_C_CONTIGUOUS, 6 * (Py_ssize_t)work.n_axes, "d");
    const Py_buffer *owner = number ? hold(&held, owners, PyBUF_C_CONTIGUOUS, 2, "i") : NULL;
    if (!owner) goto end;
    int m = work.n_prototypes = (int)(owner->len / (Py_ssize_t)sizeof(int32_t));
    const Py_buffer *weight = hold(&held, weights, PyBUF_C_CONTIGUOUS, (Py_ssize_t)m * (work.n_axes + 1), "d");
    if (!weight || check_owners(owner->buf, m)) goto end;
    work.weights = weight->buf;
    work.owners = owner->buf;
    work.n_segments = work.owners[m - 1] + 1;

    axes = PyMem_Calloc((size_t)work.n_axes + 1, sizeof(Axis));
    space = PyMem_Calloc((size_t)(work.n_axes + m) * TILE, sizeof(double));
    if (!axes || !space) goto no_memory;
    work.grid = space;
    work.scores = space + (size_t)work.n_axes * TILE;
    if (fill_axes(&work, span, number, (int)n_columns, axes)) goto end;
    const Py_buffer *limits = hold(&held, most, PyBUF_C_CONTIGUOUS, n_columns, "d");
    if (!limits) goto end;
    for (Py_ssize_t c = 0; c < n_columns; c++) {
        if (hold_column(&held, PyList_GetItem(columns, c), rows, "dfbBhHiIqQ", made_columns + c)) goto end;
        made_columns[c].most = ((const double *)limits->buf)[c];
    }
    if (hold_lookups(&held, lookups, rows, m, made_lookups)) goto end;
    work.columns = made_columns;
    work.lookups = made_lookups;
    work.n_lookups = (int)n_lookups;

    const int written = PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE;
    const Py_buffer *own = hold(&held, segment, written, rows, "I");
    const Py_buffer *next = own ? hold(&held, runner_up, written, rows, "I") : NULL;
    const Py_buffer *sure = next ? hold(&held, confidence, written, rows, "d") : NULL;
    if (!sure) goto end;
    work.segment = own->buf;
    work.runner_up = next->buf;
    work.confidence = sure->buf;

    Py_BEGIN_ALLOW_THREADS
    usable = place_rows(&work, rows);
    Py_END_ALLOW_THREADS
    answered = PyBool_FromLong(usable);
    goto end;
no_memory:
    PyErr_NoMemory();
end:
    if (held.views) let_go(&held);
    PyMem_Free(made_columns);
    PyMem_Free(made_lookups);
    PyMem_Free(axes);
    PyMem_Free(space);
    return answered;
}

static PyMethodDef methods[] = {
    {"place", place, METH_VARARGS, "Writes the segment, the runner-up and the confidence of rows; see blocks.py."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_kernel", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModule_Create(&definition); }
