"""How good a grouping is, in numbers: from rows and labels, from profiles, and from k-means fitted again on resamples.

Never decides, never draws.
"""

from segmentry.quality.criteria import calinski_harabasz, davies_bouldin, knee, principal_components
from segmentry.quality.silhouette import silhouettes, squared_silhouettes

__all__ = ["calinski_harabasz", "davies_bouldin", "knee", "principal_components", "silhouettes", "squared_silhouettes"]
