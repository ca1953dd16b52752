# ---
# jupyter:
#   jupytext:
#     formats: py:percent,ipynb
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Customer segmentation, step by step
#
# From a table of customers to named segments, a report, a model file and labels for new customers. The shop is made
# up, so that we know what should come out: **five** kinds of customer are planted in it. At the end the same steps run
# on real files, where they lie beside the checkout.
#
# This notebook is kept as text. Open it with Jupytext, or turn it into a notebook file:
# `jupytext --to ipynb examples/customer_segmentation.py`.

# %%
from pathlib import Path
from tempfile import mkdtemp

import polars as pl

import segmentry as sg
from segmentry.samples import AS_OF, sample_marketing, sample_marketing_truth

folder = Path(mkdtemp(prefix="segments-"))

# %% [markdown]
# ## Load
#
# A path works as well as a frame: `sg.fit("customers.csv")`. Here the frame is made: 2,000 customers, 25 columns, with
# one customer in a hundred who did not state an income.

# %%
customers = sample_marketing(2_000, seed=0)
print(f"{customers.height:,} customers, {customers.width} columns")
customers.head()

# %% [markdown]
# ## Look
#
# Before anything is grouped: how the numbers lie, and what is missing. Spend is skewed, as it always is: the mean is
# above the median.

# %%
spend = customers.select(pl.sum_horizontal("^mnt_.*$").alias("spend_total"))["spend_total"]
print(f"spend: median {spend.median():.0f}, mean {spend.mean():.0f}, most {spend.max()}")
print(f"missing incomes: {customers['income'].null_count()}")
customers.select("income", "recency", "num_web_purchases", "num_store_purchases").describe()

# %% [markdown]
# ## Prepare
#
# There is little to do by hand. `fit` gives every column a role, derives features from the roles (age from the year of
# birth, total spend from the six `mnt_` columns), fills gaps with the median, caps outliers and standardises. It says
# why for each column, and what it left out.

# %%
segmentation = sg.fit(customers, seed=0)
pl.DataFrame(segmentation.roles).head(12)

# %%
for scale in segmentation.recipe.scales:
    feature = scale.feature
    print(f"{feature.label}: {feature.formula}; {scale.n_missing} missing, filled with {scale.fill:g}")

# %%
for left in segmentation.recipe.left_out[:4]:
    print(f"not used: {left.feature} ({left.reason})")

# %% [markdown]
# The column with the id is not a feature, and what is constant, personal or sensitive would not be one either.
#
# ## Choose k
#
# Every number of segments from 2 to 10 was tried. The criteria are kept, the choice has its reason in a sentence, and
# the elbow is drawn without deciding anything.

# %%
print(segmentation.reason)
segmentation.candidates_frame().select("k", "inertia", "silhouette", "calinski_harabasz", "davies_bouldin", "smallest")

# %%
sg.draw(segmentation, "criteria")

# %% [markdown]
# ## Cluster
#
# The segments are there already: `fit` did all of it. Each has an id that stays, a name made from what sets it apart,
# a size, and its share of the money. They are numbered by mean spend, `s1` first.

# %%
segmentation

# %% [markdown]
# Are these the five kinds that were planted? The table below has one large number in each row and in each column.

# %%
scored = sg.score(segmentation, customers)
found = scored.join(sample_marketing_truth(2_000, seed=0), on="customer_id")
crossed = found.pivot(on="segment_id", index="group", values="customer_id", aggregate_function="len").fill_null(0)
agreeing = crossed.select(pl.max_horizontal(pl.exclude("group")).sum()).item() / customers.height
print(f"{agreeing:.1%} of customers are in the segment of their planted kind")
crossed

# %% [markdown]
# More than 99 % are.
#
# ## Profile
#
# What is each segment like, beside all customers? `profile.frame()` has a row for each measure and segment; an `index`
# of 200 means twice the average customer.

# %%
profile = segmentation.profile.frame()
profile.filter(pl.col("clustered_on")).pivot(on="segment_id", index="measure", values="mean")

# %%
profile.filter(pl.col("measure") == "spend_total").select("segment_id", "n", "mean", "median", "index")

# %% [markdown]
# ## Plot
#
# Eight pictures come with a segmentation. Each has the finding as its title, and needs no network to be shown.

# %%
sg.draw(segmentation, "sizes")

# %%
sg.draw(segmentation, "heatmap")

# %%
sg.draw(segmentation, "scatter")

# %% [markdown]
# ## Name
#
# Every name comes with its evidence, and gives way to one of yours. Ids stay.

# %%
for segment in segmentation.segments:
    print(f"{segment.id}  {segment.name}: {segment.evidence[0] if segment.evidence else ''}")

# %%
named = sg.rename(segmentation, {"s1": "Best customers"})
print(named.segment("s1").name)
print(named.segment("s1").description)

# %% [markdown]
# ## Export
#
# A report for a colleague (one file, works offline), pictures for slides, the profile for a spreadsheet, the labelled
# customers, and the model. The model file holds no customer's row.

# %%
sg.report(named, folder / "report.html")
sg.write_pictures(sg.draw_all(named), folder / "plots")
named.profile.frame().write_csv(folder / "profile.csv")
sg.score(named, customers).write_csv(folder / "customers.csv")
sg.save(named, folder / "spring.seg")
for path in sorted(folder.rglob("*.*")):
    print(path.relative_to(folder).as_posix())

# %% [markdown]
# ## Predict
#
# New customers get the segment whose prototype is nearest, with the recipe of the fit: its medians, caps and as-of
# date. Load the model and score; who was in the fit keeps the segment of the fit.

# %%
model = sg.load(folder / "spring.seg")
new_customers = sample_marketing(500, seed=0, start=2_000)
sg.score(model, new_customers).select("customer_id", "segment_id", "segment", "confidence", "runner_up").head()

# %%
again = sg.score(model, customers)
kept = (again["segment_id"] == scored["segment_id"]).mean()
print(f"{kept:.0%} of the fitted customers keep their segment")

# %% [markdown]
# One customer by hand, with what is known of them; the answer says what had to be filled in.

# %%
answer = sg.score_one(model, {"year_birth": AS_OF.year - 36, "income": 34_000, "recency": 20})
print(answer["segment"], "| filled in:", ", ".join(answer["missing"]))

# %% [markdown]
# ## In a scikit-learn pipeline
#
# The same core as an estimator, for a matrix of numbers. Put no scaler before it.

# %%
columns = ["income", "recency", "num_store_purchases", "num_web_visits_month"]
segmenter = sg.Segmenter(n_segments=5).set_output(transform="polars")
distances = segmenter.fit_transform(customers.select(columns))
print(f"{segmenter.n_segments_} segments, inertia {segmenter.inertia_:.0f}")
distances.head(3)

# %% [markdown]
# ## On real files
#
# The same call, whatever the separator, the date format or the headers. These files are not part of the project.

# %%
here = Path.cwd()
real = next((p / "shared" / "data" for p in [here, *here.parents] if (p / "shared" / "data").is_dir()), None)
for name in ("Mall_Customers.csv", "marketing_campaign.csv", "E-commerce Customer Behavior - Sheet1.csv"):
    if real is None or not (real / name).exists():
        print(f"Skipped {name}: there is no ../shared/data with it beside the checkout.")
        continue
    fitted = sg.fit(real / name, seed=0)
    print(f"{name}: {fitted.reason}")
    for segment in fitted.segments:
        print(f"    {segment.id} {segment.name} ({segment.share:.0%})")
    for notice in fitted.notices:
        print(f"    note: {notice.message}")
