/* Which of a few words each cell of a text column is, read where Polars has it: a view of 16 bytes a cell, in which a
   text of up to 12 bytes stands whole, and of a longer one its first four bytes and where the rest is. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include <stdint.h>
#include <string.h>

/* Arrow's C data interface; these layouts are part of it. */

struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children, *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

enum { WHOLE = 12, MOST = 250, SLOTS = 1024 }; /* bytes that stand in a view; words, so that a place is a byte */

/* A cell, as its column holds it; of a longer text, `high` is the buffer that it is in, and where it begins there. */
typedef struct {
    uint64_t low, high;
} View;

/* Words by a hash of their views: `first` of a slot is the place of one, counted from 1, and `next` that of another. */
typedef struct {
    View views[MOST + 1];
    const char *texts[MOST + 1];
    uint32_t lengths[MOST + 1];
    uint8_t first[SLOTS], next[MOST + 1];
    int count;
} Words;

static inline unsigned slot_of(uint64_t low, uint64_t high) {
    return (unsigned)((low * 0x9e3779b97f4a7c15u ^ high * 0xc2b2ae3d27d4eb4fu) >> 54); /* the upper bits: 0 to 1023 */
}

static inline unsigned slot_of_view(View view) {
    /* The end of a longer text is elsewhere. */
    return slot_of(view.low, (uint32_t)view.low <= WHOLE ? view.high : 0);
}

static void add_word(Words *words, int place, const char *text, uint32_t length) {
    unsigned char view[sizeof(View)] = {0};
    memcpy(view, &length, 4);
    memcpy(view + 4, text, length <= WHOLE ? length : 4);
    memcpy(words->views + place, view, sizeof view);
    words->texts[place] = text;
    words->lengths[place] = length;
    unsigned slot = slot_of_view(words->views[place]);
    words->next[place] = words->first[slot];
    words->first[slot] = (uint8_t)place;
}

static inline int is_word(const Words *words, int place, View view, const void *const *buffers) {
    if (words->views[place].low != view.low) return 0;
    if (words->lengths[place] <= WHOLE) return words->views[place].high == view.high;
    const char *held = buffers[2 + (uint32_t)view.high];
    return !memcmp(held + (uint32_t)(view.high >> 32), words->texts[place], words->lengths[place]);
}

/* The place of each cell's word counted from 1, 0 for a missing cell, and behind the words for any other. How many of
   these there are. */
static int64_t match(const struct ArrowArray *array, const Words *words, uint8_t *places) {
    const uint8_t *valid = array->null_count ? array->buffers[0] : NULL;
    const View *views = (const View *)array->buffers[1] + array->offset;
    int64_t others = 0;
    for (int64_t i = 0; i < array->length; i++) {
        int64_t bit = i + array->offset;
        if (valid && !(valid[bit / 8] >> (bit % 8) & 1)) {
            places[i] = 0;
            continue;
        }
        int place = words->first[slot_of_view(views[i])];
        while (place && !is_word(words, place, views[i], array->buffers)) place = words->next[place];
        others += !place;
        places[i] = (uint8_t)(place ? place : words->count + 1);
    }
    return others;
}

/* The same for all pieces of a column; -1 where it gives no more, or is not of that length. */
static int64_t match_all(struct ArrowArrayStream *stream, const Words *words, uint8_t *places, int64_t rows) {
    int64_t others = 0, done = 0;
    for (;;) {
        struct ArrowArray array = {0};
        if (stream->get_next(stream, &array)) return -1;
        if (!array.release) return done == rows ? others : -1;
        int fits = done + array.length <= rows;
        if (fits) others += match(&array, words, places + done);
        done += array.length;
        array.release(&array);
        if (!fits) return -1;
    }
}

static int is_of_views(struct ArrowArrayStream *stream) {
    struct ArrowSchema schema = {0};
    if (stream->get_schema(stream, &schema)) return 0;
    int found = !strcmp(schema.format, "vu") && !schema.dictionary;
    schema.release(&schema);
    return found;
}

static PyObject *places_of(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *capsule, *list, *out;
    Py_buffer view;
    if (!PyArg_ParseTuple(args, "OO!O", &capsule, &PyList_Type, &list, &out)) return NULL;
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (!stream) return NULL;
    Py_ssize_t count = PyList_Size(list);
    if (count > MOST || !stream->release || !is_of_views(stream)) {
        PyErr_Format(PyExc_ValueError, "a column of string views and at most %d words are wanted", MOST);
        return NULL;
    }
    Words words = {.count = (int)count};
    for (int place = 1; place <= words.count; place++) {
        PyObject *word = PyList_GetItem(list, place - 1);
        char *text = NULL;
        Py_ssize_t length = 0;
        if (word == Py_None) continue; /* no cell can be it */
        if (PyBytes_AsStringAndSize(word, &text, &length)) return NULL;
        if (length <= INT32_MAX) add_word(&words, place, text, (uint32_t)length);
    }
    if (PyObject_GetBuffer(out, &view, PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE)) return NULL;
    int64_t others;
    Py_BEGIN_ALLOW_THREADS
    others = match_all(stream, &words, view.buf, view.len);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&view);
    if (others < 0) PyErr_SetString(PyExc_ValueError, "the column does not have as many cells as there are places");
    return others < 0 ? NULL : PyLong_FromLongLong(others);
}

static PyMethodDef methods[] = {
    {"places_of", places_of, METH_VARARGS, "Writes which word each cell is; see beside.py."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_words", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__words(void) { return PyModule_Create(&definition); }
